import { ERRNO_BADF, ERRNO_SUCCESS, FILETYPE_DIRECTORY } from '../layout';
import { fd_fdstat_get } from './system';

// The component: the engine and, in the same module, the host's part of it for one request at a time. `scripts/component.js` gives
// these functions the names that the component model has for them.
export { cabi_realloc, cabi_realloc_adapter } from './arena';
export { copy, createDirectory, openDirectory, openReader, openWriter, read, remove, rename, stat, write } from './store';
export {
  abortWriter,
  closeDirectory,
  closeReader,
  closeWriter,
  dropWriter,
  flushWriter,
  pageDirectory,
  readReader,
  writeWriter,
} from './resources';

/** WASI 0.2 has no words for them: see `wasi.ts`. */
// @ts-ignore: decorator
@global
export const withoutHostFunctions: bool = true;

const fdstat = memory.data(24, 8);

/** What a call means that said `errno` of a descriptor: of a directory, the adapter under the component says that it is not open. */
// @ts-ignore: decorator
@global
export function directoryAnswer(fd: i32, errno: i32, meant: i32): i32 {
  if (errno != ERRNO_BADF || fd_fdstat_get(fd, fdstat) != ERRNO_SUCCESS) return errno;
  return load<u8>(fdstat) == FILETYPE_DIRECTORY ? meant : errno;
}
