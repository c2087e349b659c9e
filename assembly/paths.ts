// Paths are bytes with slashes between their components; no slash leads, trails or is doubled.

const SLASH: u8 = 0x2f;

/** Length of the parent of a path: 0 is the root. */
export function parentBytes(path: usize, pathBytes: u32): u32 {
  let at = pathBytes;
  while (at > 0) {
    at--;
    if (load<u8>(path + at) == SLASH) return at;
  }
  return 0;
}

/** Length of the prefix that ends with the component which begins at `from`. */
export function prefixBytes(path: usize, pathBytes: u32, from: u32): u32 {
  let at = from;
  while (at < pathBytes && load<u8>(path + at) != SLASH) at++;
  return at;
}

/** Some hosts list `.` and `..`. */
export function isDots(name: usize, nameBytes: u32): bool {
  if (nameBytes == 1) return load<u8>(name) == 0x2e;
  return nameBytes == 2 && load<u16>(name) == 0x2e2e;
}
