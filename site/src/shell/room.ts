// How much room a screen has, and how much of the map its panels leave free.

export const WIDE = '(min-width: 720px)'; // panels float beside each other
export const ROOMY = '(min-width: 1000px)'; // and leave most of the map free

const LEAST = 120; // px that stay free in each direction

/** How much of the map panels cover on each side, in pixels, and a margin. */
export function padding(app: HTMLElement): { left: number; right: number; top: number; bottom: number } {
  const free = { left: 40, right: 40, top: 90, bottom: 40 };
  for (const panel of app.querySelectorAll('.panel, .tools')) {
    const { left, right, width, height } = panel.getBoundingClientRect();
    if (width === 0) continue;
    if (width > innerWidth * 0.7) free.bottom = Math.max(free.bottom, 40 + height); // a sheet
    else if (left > innerWidth / 2) free.right = Math.max(free.right, 40 + innerWidth - left);
    else free.left = Math.max(free.left, 40 + right);
  }
  // Where panels cover all there is, what a reader asked for still has to be shown somewhere.
  const across = Math.min(1, (innerWidth - LEAST) / (free.left + free.right));
  const down = Math.min(1, (innerHeight - LEAST) / (free.top + free.bottom));
  return { left: free.left * across, right: free.right * across, top: free.top * down, bottom: free.bottom * down };
}
