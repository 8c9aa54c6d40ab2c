// Takes the picture of the README: node docs/screenshot.js FOLDER PICTURE. `just screenshot` calls it.
// FOLDER is a published edition. The picture is of the map as it opens.

const { run, shoot } = require('./pictures.js');

run((folder, picture) => shoot(folder, { width: 1440, height: 900 }, [{}], (_shot, page) => page.screenshot({ path: picture })));
