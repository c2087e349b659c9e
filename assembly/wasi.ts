import { ERRNO_ISDIR, ERRNO_NOSYS, ERRNO_SUCCESS } from './layout';

// The WASI preview 1 functions that the engine calls, declared here and nowhere else. Any of those that name a file may answer
// ERRNO_AGAIN: the step that called is repeated later. Clock, yield and owner_ended answer at once on every host.

// @ts-ignore: decorator
@external('wasi_snapshot_preview1', 'path_open')
export declare function path_open(directory: i32, lookup: i32, path: usize, pathBytes: u32, oflags: i32, rights: u64, inheriting: u64, fdflags: i32, fd: usize): i32;
// @ts-ignore: decorator
@external('wasi_snapshot_preview1', 'path_filestat_get')
export declare function path_filestat_get(directory: i32, lookup: i32, path: usize, pathBytes: u32, filestat: usize): i32;
// @ts-ignore: decorator
@external('wasi_snapshot_preview1', 'path_create_directory')
export declare function path_create_directory(directory: i32, path: usize, pathBytes: u32): i32;
// @ts-ignore: decorator
@external('wasi_snapshot_preview1', 'path_remove_directory')
export declare function path_remove_directory(directory: i32, path: usize, pathBytes: u32): i32;
// @ts-ignore: decorator
@external('wasi_snapshot_preview1', 'path_unlink_file')
export declare function path_unlink_file(directory: i32, path: usize, pathBytes: u32): i32;
// @ts-ignore: decorator
@external('wasi_snapshot_preview1', 'path_rename')
export declare function path_rename(directory: i32, path: usize, pathBytes: u32, target: i32, targetPath: usize, targetBytes: u32): i32;
// @ts-ignore: decorator
@external('wasi_snapshot_preview1', 'path_link')
export declare function path_link(directory: i32, lookup: i32, path: usize, pathBytes: u32, target: i32, targetPath: usize, targetBytes: u32): i32;
// @ts-ignore: decorator
@external('wasi_snapshot_preview1', 'fd_close')
export declare function fd_close(fd: i32): i32;
// @ts-ignore: decorator
@external('wasi_snapshot_preview1', 'fd_pread')
export declare function fd_pread(fd: i32, vectors: usize, count: u32, offset: u64, read: usize): i32;
// @ts-ignore: decorator
@external('wasi_snapshot_preview1', 'fd_pwrite')
export declare function fd_pwrite(fd: i32, vectors: usize, count: u32, offset: u64, written: usize): i32;
// @ts-ignore: decorator
@external('wasi_snapshot_preview1', 'fd_write')
export declare function fd_write(fd: i32, vectors: usize, count: u32, written: usize): i32;
// @ts-ignore: decorator
@external('wasi_snapshot_preview1', 'fd_seek')
declare function wasi_fd_seek(fd: i32, offset: i64, whence: i32, position: usize): i32;
// @ts-ignore: decorator
@external('wasi_snapshot_preview1', 'fd_filestat_get')
export declare function fd_filestat_get(fd: i32, filestat: usize): i32;
// @ts-ignore: decorator
@external('wasi_snapshot_preview1', 'fd_filestat_set_size')
export declare function fd_filestat_set_size(fd: i32, size: u64): i32;
// @ts-ignore: decorator
@external('wasi_snapshot_preview1', 'fd_filestat_set_times')
export declare function fd_filestat_set_times(fd: i32, accessed: u64, modified: u64, flags: i32): i32;
// @ts-ignore: decorator
@external('wasi_snapshot_preview1', 'fd_readdir')
export declare function fd_readdir(fd: i32, buffer: usize, bytes: u32, cookie: u64, used: usize): i32;
// @ts-ignore: decorator
@external('wasi_snapshot_preview1', 'fd_advise')
export declare function fd_advise(fd: i32, offset: u64, length: u64, advice: i32): i32;
// @ts-ignore: decorator
@external('wasi_snapshot_preview1', 'fd_sync')
declare function wasi_fd_sync(fd: i32): i32;
// @ts-ignore: decorator
@external('wasi_snapshot_preview1', 'clock_time_get')
export declare function clock_time_get(clock: i32, precision: u64, time: usize): i32;
/**
 * Marks the beginning of a batch: what the host found out about the outside world before may be stale. ERRNO_AGAIN: it keeps something for a
 * while, and another call is to follow within a second though no request comes. ERRNO_INTR: it wants its thread for a moment after this batch.
 */
// @ts-ignore: decorator
@external('wasi_snapshot_preview1', 'sched_yield')
export declare function sched_yield(): i32;

// The component (`assembly/component`) defines `directoryAnswer`, because the adapter under it says of directories that they are closed
// when they are synced or sized.

// @ts-ignore: decorator
@inline
export function fd_seek(fd: i32, offset: i64, whence: i32, position: usize): i32 {
  const errno = wasi_fd_seek(fd, offset, whence, position);
  if (isDefined(directoryAnswer)) return directoryAnswer(fd, errno, ERRNO_ISDIR);
  return errno;
}
// @ts-ignore: decorator
@inline
export function fd_sync(fd: i32): i32 {
  const errno = wasi_fd_sync(fd);
  if (isDefined(directoryAnswer)) return directoryAnswer(fd, errno, ERRNO_SUCCESS);
  return errno;
}

// Functions that preview 1 has no word for; what a host without them answers, and what is lost then, stands beside each. A build that
// defines `withoutHostFunctions` (the component) does not import them, and gets that answer. A new one belongs into both lists below.

/** Gives an open new file the mode, and where permitted the owner, of the file at the path. ERRNO_NOSYS: a new mode. */
// @ts-ignore: decorator
@inline
export function file_adopt(fd: i32, directory: i32, path: usize, pathBytes: u32): i32 {
  if (isDefined(withoutHostFunctions)) return ERRNO_NOSYS;
  return holdfast_file_adopt(fd, directory, path, pathBytes);
}
/**
 * Finished entries of a directory, as LIST_ENTRY_ says, with what stat says of each: as many as the buffer holds, from a cookie on.
 * Two u64 come back: the bytes used, and the cookie that continues, 0 at the end. ERRNO_NOSYS: names are read and looked at one by one.
 */
// @ts-ignore: decorator
@inline
export function directory_list(fd: i32, buffer: usize, bytes: u32, cookie: u64, result: usize): i32 {
  if (isDefined(withoutHostFunctions)) return ERRNO_NOSYS;
  return holdfast_directory_list(fd, buffer, bytes, cookie, result);
}
/**
 * Fills in what stat says of the entries of a page, whose names are those of a directory: as many as it likes, and behind `out` their bytes. One
 * that is not there is of no kind. ERRNO_NOENT: at the path is no directory with that inode. ERRNO_NOSYS: only a listing says it.
 */
// @ts-ignore: decorator
@inline
export function directory_describe(directory: i32, path: usize, pathBytes: u32, inode: u64, entries: usize, bytes: u32, out: usize): i32 {
  if (isDefined(withoutHostFunctions)) return ERRNO_NOSYS;
  return holdfast_directory_describe(directory, path, pathBytes, inode, entries, bytes, out);
}
/**
 * The whole of a small file in one call: its bytes and, behind `out`, their count. ERRNO_FBIG: it does not fit, and behind `out` is
 * a descriptor that it is open at. ERRNO_NOSYS: it is opened, asked for its size, read and closed.
 */
// @ts-ignore: decorator
@inline
export function file_read(directory: i32, path: usize, pathBytes: u32, buffer: usize, bytes: u32, out: usize): i32 {
  if (isDefined(withoutHostFunctions)) return ERRNO_NOSYS;
  return holdfast_file_read(directory, path, pathBytes, buffer, bytes, out);
}
/** Makes the target share the content of the source (reflink). ERRNO_NOSYS: it is copied. */
// @ts-ignore: decorator
@inline
export function file_clone(source: i32, target: i32): i32 {
  if (isDefined(withoutHostFunctions)) return ERRNO_NOSYS;
  return holdfast_file_clone(source, target);
}
/**
 * Makes durable that the directory at the path exists: every entry on the way to it that this host doesn't know to be on the
 * disk is synced, whoever made it. ERRNO_NOSYS: the engine syncs all of them, every time.
 */
// @ts-ignore: decorator
@inline
export function path_settle(directory: i32, path: usize, pathBytes: u32): i32 {
  if (isDefined(withoutHostFunctions)) return ERRNO_NOSYS;
  return holdfast_path_settle(directory, path, pathBytes);
}
/**
 * Writes the path without symlinks that the path stands for: every one on the way is followed, and the one at its end if `follow` is 1.
 * STATUS_SYMLINK when that would leave the directory. What does not exist stays as it is written. ERRNO_NOSYS: none can be followed.
 */
// @ts-ignore: decorator
@inline
export function path_resolve(directory: i32, path: usize, pathBytes: u32, follow: i32, target: usize, targetBytes: u32, used: usize): i32 {
  if (isDefined(withoutHostFunctions)) return ERRNO_NOSYS;
  return holdfast_path_resolve(directory, path, pathBytes, follow, target, targetBytes, used);
}
/**
 * 1 when the owner in the name of a lock's entry is certainly dead, 2 when it died before the machine was started, else 0. A host
 * that cannot know answers 0: locks of dead owners then stay until somebody removes them.
 */
// @ts-ignore: decorator
@inline
export function owner_ended(name: usize, nameBytes: u32): i32 {
  if (isDefined(withoutHostFunctions)) return 0;
  return holdfast_owner_ended(name, nameBytes);
}
/**
 * Private memory of the host for a result of that size, in which it travels to whoever asked without a copy; a number, never 0, comes
 * back. ERRNO_NOSYS, or any other error: there is none, and the result goes through buffers.
 */
// @ts-ignore: decorator
@inline
export function parcel_make(bytes: u64, parcel: usize): i32 {
  if (isDefined(withoutHostFunctions)) return ERRNO_NOSYS;
  return holdfast_parcel_make(bytes, parcel);
}
/** As `fd_pread`, behind what the parcel holds already. Only for parcels that were made: there are none where ERRNO_NOSYS was said. */
// @ts-ignore: decorator
@inline
export function parcel_read(parcel: u32, fd: i32, bytes: u32, offset: u64, read: usize): i32 {
  if (isDefined(withoutHostFunctions)) return ERRNO_NOSYS;
  return holdfast_parcel_read(parcel, fd, bytes, offset, read);
}
/** Sends what the parcel holds to whoever asked. The completion that names it follows. */
// @ts-ignore: decorator
@inline
export function parcel_send(parcel: u32): i32 {
  if (isDefined(withoutHostFunctions)) return ERRNO_NOSYS;
  return holdfast_parcel_send(parcel);
}
/** Nobody wants the parcel any more. */
// @ts-ignore: decorator
@inline
export function parcel_drop(parcel: u32): i32 {
  if (isDefined(withoutHostFunctions)) return ERRNO_NOSYS;
  return holdfast_parcel_drop(parcel);
}

// @ts-ignore: decorator
@external('holdfast', 'file_adopt')
declare function holdfast_file_adopt(fd: i32, directory: i32, path: usize, pathBytes: u32): i32;
// @ts-ignore: decorator
@external('holdfast', 'file_read')
declare function holdfast_file_read(directory: i32, path: usize, pathBytes: u32, buffer: usize, bytes: u32, out: usize): i32;
// @ts-ignore: decorator
@external('holdfast', 'directory_list')
declare function holdfast_directory_list(fd: i32, buffer: usize, bytes: u32, cookie: u64, result: usize): i32;
// @ts-ignore: decorator
@external('holdfast', 'directory_describe')
declare function holdfast_directory_describe(directory: i32, path: usize, pathBytes: u32, inode: u64, entries: usize, bytes: u32, out: usize): i32;
// @ts-ignore: decorator
@external('holdfast', 'file_clone')
declare function holdfast_file_clone(source: i32, target: i32): i32;
// @ts-ignore: decorator
@external('holdfast', 'path_settle')
declare function holdfast_path_settle(directory: i32, path: usize, pathBytes: u32): i32;
// @ts-ignore: decorator
@external('holdfast', 'path_resolve')
declare function holdfast_path_resolve(directory: i32, path: usize, pathBytes: u32, follow: i32, target: usize, targetBytes: u32, used: usize): i32;
// @ts-ignore: decorator
@external('holdfast', 'owner_ended')
declare function holdfast_owner_ended(name: usize, nameBytes: u32): i32;
// @ts-ignore: decorator
@external('holdfast', 'parcel_make')
declare function holdfast_parcel_make(bytes: u64, parcel: usize): i32;
// @ts-ignore: decorator
@external('holdfast', 'parcel_read')
declare function holdfast_parcel_read(parcel: u32, fd: i32, bytes: u32, offset: u64, read: usize): i32;
// @ts-ignore: decorator
@external('holdfast', 'parcel_send')
declare function holdfast_parcel_send(parcel: u32): i32;
// @ts-ignore: decorator
@external('holdfast', 'parcel_drop')
declare function holdfast_parcel_drop(parcel: u32): i32;

export const SEEK_END: i32 = 2;
export const CLOCK_MONOTONIC: i32 = 1;
