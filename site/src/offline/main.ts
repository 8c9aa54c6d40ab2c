// The portal in a single file that opens from a disk: the published folder lies in the page, the code is one classic script.

import './install.ts';
import '../main.ts';
