/** UTF-8 of a text. */
export const encoder = new TextEncoder();

/** The text in UTF-8. As in Node's Buffer, a byte order mark is a character like others. */
export const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
