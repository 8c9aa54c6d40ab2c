// The tools of the portal in the order of the rail. Each is a folder beside this file and a chunk of its own.

import type { ToolEntry } from './tool.ts';

export const TOOLS: readonly ToolEntry[] = [
  { id: 'measure', title: 'toolMeasure', icon: 'measure', load: async () => (await import('./measure/measure.ts')).measure },
  { id: 'check', title: 'toolCheck', icon: 'check', load: async () => (await import('./check/check.ts')).check },
  { id: 'print', title: 'toolPrint', icon: 'print', load: async () => (await import('./print/print.ts')).print },
];

/** The tool for files dropped on the map, where the one that stands open takes none. */
export const FILES = 'check';
