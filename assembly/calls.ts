import { OFLAGS_DIRECTORY, RIGHT_FD_READ, RIGHT_FD_READDIR, RIGHT_FD_WRITE, RIGHT_PATH_OPEN } from './layout';
import {
  CLOCK_MONOTONIC,
  SEEK_END,
  clock_time_get,
  fd_pread,
  fd_pwrite,
  fd_seek,
  fd_write,
  file_read,
  parcel_make,
  parcel_read,
  path_open,
} from './wasi';

// WASI calls as the operations use them: one vector, and the result in a global instead of behind a pointer.

/** Result of the last call below that succeeded: a descriptor or a count. */
export let result: u32 = 0;
/** The same for what takes 64 bits: a size or a time. */
export let result64: u64 = 0;

const out = memory.data(16);
const DOT = memory.data<u8>([0x2e]);
const vector = memory.data(8);

export function openRead(directory: u32, path: usize, pathBytes: u32): i32 {
  return open(directory, path, pathBytes, 0, RIGHT_FD_READ, 0);
}

export function openDirectory(directory: u32, path: usize, pathBytes: u32): i32 {
  return open(directory, path, pathBytes, OFLAGS_DIRECTORY, RIGHT_FD_READDIR | RIGHT_PATH_OPEN, 0);
}

export function openWrite(directory: u32, path: usize, pathBytes: u32, oflags: i32, fdflags: i32): i32 {
  return open(directory, path, pathBytes, oflags, RIGHT_FD_WRITE, fdflags);
}

/** The empty path is the directory itself, which preview 1 knows as `.` only. */
function open(directory: u32, path: usize, pathBytes: u32, oflags: i32, rights: u64, fdflags: i32): i32 {
  if (pathBytes == 0) {
    path = DOT;
    pathBytes = 1;
  }
  const errno = path_open(directory, 0, path, pathBytes, oflags, rights, 0, fdflags, out);
  result = load<u32>(out);
  return errno;
}

/** The whole of a file that fits, in one call; `result` is the count, or with ERRNO_FBIG the descriptor of a larger one. */
export function readWhole(directory: u32, path: usize, pathBytes: u32, target: usize, bytes: u32): i32 {
  const errno = file_read(directory, path, pathBytes, target, bytes, out);
  result = load<u32>(out);
  return errno;
}

export function read(fd: u32, target: usize, bytes: u32, offset: u64): i32 {
  aim(target, bytes);
  const errno = fd_pread(fd, vector, 1, offset, out);
  // A host that claims more than was asked for is not believed.
  result = min<u32>(load<u32>(out), bytes);
  return errno;
}

export function write(fd: u32, source: usize, bytes: u32, offset: u64): i32 {
  aim(source, bytes);
  const errno = fd_pwrite(fd, vector, 1, offset, out);
  result = min<u32>(load<u32>(out), bytes);
  return errno;
}

export function append(fd: u32, source: usize, bytes: u32): i32 {
  aim(source, bytes);
  const errno = fd_write(fd, vector, 1, out);
  result = min<u32>(load<u32>(out), bytes);
  return errno;
}

/** The result is the number of a parcel. */
export function makeParcel(bytes: u64): i32 {
  const errno = parcel_make(bytes, out);
  result = load<u32>(out);
  return errno;
}

export function readParcel(parcel: u32, fd: u32, bytes: u32, offset: u64): i32 {
  store<u32>(out, 0);
  const errno = parcel_read(parcel, fd, bytes, offset, out);
  result = min<u32>(load<u32>(out), bytes);
  return errno;
}

export function sizeOf(fd: u32): i32 {
  const errno = fd_seek(fd, 0, SEEK_END, out);
  result64 = load<u64>(out);
  return errno;
}

/** Nanoseconds on a clock that never goes back. */
export function now(): u64 {
  clock_time_get(CLOCK_MONOTONIC, 1, out);
  return load<u64>(out);
}

function aim(address: usize, bytes: u32): void {
  store<u32>(vector, u32(address));
  store<u32>(vector + 4, bytes);
  store<u32>(out, 0);
}
