import {
  CONTROL_PANIC,
  PANIC_COLUMN,
  PANIC_FILE,
  PANIC_FILE_BYTES,
  PANIC_FILE_MAX_BYTES,
  PANIC_LINE,
  PANIC_MESSAGE,
  PANIC_MESSAGE_BYTES,
  PANIC_MESSAGE_MAX_BYTES,
  PANIC_SET,
} from './layout';
import { control } from './space';

/**
 * What `assert` and `throw` compile to: leaves words for the host in the panic block, then traps for real, so that a panic
 * needs no import and looks to the supervisor like every other trap.
 */
// @ts-ignore: decorator
@global
export function panic(message: string | null, file: string | null, line: u32, column: u32): void {
  if (control != 0) {
    const block = control + CONTROL_PANIC;
    store<u32>(block + PANIC_LINE, line);
    store<u32>(block + PANIC_COLUMN, column);
    store<u32>(block + PANIC_MESSAGE_BYTES, put(block + PANIC_MESSAGE, PANIC_MESSAGE_MAX_BYTES, message));
    store<u32>(block + PANIC_FILE_BYTES, put(block + PANIC_FILE, PANIC_FILE_MAX_BYTES, file));
    store<u32>(block + PANIC_SET, 1);
  }
  unreachable();
}

function put(target: usize, maxBytes: u32, text: string | null): u32 {
  if (text === null) return 0;
  const bytes = min<u32>(u32(text.length) << 1, maxBytes);
  memory.copy(target, changetype<usize>(text), bytes);
  return bytes;
}
