// Text into the clipboard: by the clipboard's own interface, or on plain http by the command that browsers had before it.

/** Copy a text; whether it worked. Must be called while a click or a key is handled. */
export async function copy(text: string): Promise<boolean> {
  if (isSecureContext && navigator.clipboard) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // not allowed: the old way may be
    }
  }
  return copyBySelection(text);
}

function copyBySelection(text: string): boolean {
  const before = document.activeElement;
  const field = document.createElement('textarea');
  field.value = text;
  field.readOnly = true; // no keyboard springs up on phones
  field.style.cssText = 'position:fixed;top:0;left:0;width:1px;height:1px;opacity:0';
  field.setAttribute('aria-hidden', 'true');
  (before?.closest('dialog') ?? document.body).append(field); // inside an open dialog nothing outside can be selected
  try {
    field.select();
    return document.execCommand('copy');
  } finally {
    field.remove();
    if (before instanceof HTMLElement) before.focus();
  }
}
