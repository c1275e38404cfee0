// Making and changing elements without ever parsing text as markup.

/** <tag class="...">text</tag>. */
export function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

/** Touches the document only if the text is another. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function setClass(node, className) {
  if (node.className !== className) node.className = className;
}

/** The class of a gain, of a loss, of neither at the precision shown. */
export function direction(text) {
  const cents = Math.round(Number(text) * 100);
  return cents > 0 ? "up" : cents < 0 ? "down" : "";
}
