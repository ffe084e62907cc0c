/** Building elements without a framework: `h('button', { type: 'button' }, 'Join')`. */

type Child = Node | string | null;

/** `class`, `data-…`, `aria-…` and other attributes; null and false leave one out, true sets it empty. */
export type Attributes = Readonly<Record<string, string | number | boolean | null>>;

/**
 * @param tag An HTML element's name.
 * @returns The element, typed by its name.
 */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  setAttributes(element, attributes);
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** Sets attributes; null and false take one off. Writes only what differs, so that it may be called often. */
export function setAttributes(element: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === false) element.removeAttribute(name);
    else {
      const text = value === true ? '' : String(value);
      if (element.getAttribute(name) !== text) element.setAttribute(name, text);
    }
  }
}

/** Changes an element's text only where it differs: no layout for nothing. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
