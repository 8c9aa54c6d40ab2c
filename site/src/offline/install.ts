// Runs before anything of the page asks for a file.

import { installFolder, ROOT } from './folder.ts';

window.longquanRoot = ROOT;
installFolder(document);
