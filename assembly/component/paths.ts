// Paths as callers write them become what the engine takes: no slash leads, trails or is doubled, and no component is `.`.

const SLASH: u8 = 0x2f;
const DOT: u8 = 0x2e;

/** Whether the path that was put last ended in a slash, or was the root. */
export let isDirectory: bool = false;
/** Its length. */
export let pathBytes: u32 = 0;

/** Puts a path into its one form; false when it has a component `..` or a NUL, or does not fit. */
export function putPath(target: usize, room: u32, source: usize, bytes: u32): bool {
  let at = target;
  isDirectory = true;
  for (let i: u32 = 0; i < bytes; ) {
    let end = i;
    while (end < bytes && load<u8>(source + end) != SLASH) {
      if (load<u8>(source + end) == 0) return false;
      end++;
    }
    const length = end - i;
    const isDot = length == 1 && load<u8>(source + i) == DOT;
    if (length == 2 && load<u8>(source + i) == DOT && load<u8>(source + i + 1) == DOT) return false;
    if (length != 0 && !isDot) {
      const separator: u32 = at == target ? 0 : 1;
      if (u32(at - target) + separator + length > room) return false;
      if (separator) store<u8>(at, SLASH);
      memory.copy(at + separator, source + i, length);
      at += separator + length;
      isDirectory = false;
    }
    if (end < bytes) isDirectory = true;
    else if (isDot) isDirectory = true;
    i = end + 1;
  }
  pathBytes = u32(at - target);
  return true;
}
