// The tools of the portal in the order of the rail. Each is a folder beside this file and a chunk of its own.

import { kept } from './draw/kept.ts';
import type { ToolEntry } from './tool.ts';

export const TOOLS: readonly ToolEntry[] = [
  { id: 'measure', title: 'toolMeasure', icon: 'measure', load: async () => (await import('./measure/measure.ts')).measure },
  { id: 'draw', title: 'toolDraw', icon: 'draw', load: async () => (await import('./draw/draw.ts')).draw, waits: ({ drawing }) => drawing !== null || kept() !== null },
  { id: 'open', title: 'toolOpen', icon: 'open', load: async () => (await import('./open/open.ts')).open },
  { id: 'query', title: 'toolQuery', icon: 'query', load: async () => (await import('./query/query.ts')).query },
  { id: 'compare', title: 'toolCompare', icon: 'compare', load: async () => (await import('./compare/compare.ts')).compare, fits: ({ rasters, catalog }) => rasters.bases.length > 1 || catalog.styles.length > 1 },
  { id: 'download', title: 'toolDownload', icon: 'download', load: async () => (await import('./download/download.ts')).download },
  { id: 'changes', title: 'toolChanges', icon: 'time', load: async () => (await import('./changes/changes.ts')).changes, fits: ({ catalog }) => catalog.datasets.some(({ changes }) => changes?.length) },
  { id: 'check', title: 'toolCheck', icon: 'check', load: async () => (await import('./check/check.ts')).check },
  { id: 'print', title: 'toolPrint', icon: 'print', load: async () => (await import('./print/print.ts')).print },
  { id: 'share', title: 'toolShare', icon: 'share', load: async () => (await import('./share/share.ts')).share },
  { id: 'feedback', title: 'toolFeedback', icon: 'feedback', load: async () => (await import('./feedback/feedback.ts')).feedback },
  { id: 'list', title: 'toolList', icon: 'list', load: async () => (await import('./list/list.ts')).list },
];

/** The tool for files dropped on the map, where the one that stands open takes none. */
export const FILES = 'open';
