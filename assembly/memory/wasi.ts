import {
  DIRENT_BYTES,
  DIRENT_FILETYPE,
  DIRENT_INODE,
  DIRENT_NAME_BYTES,
  DIRENT_NEXT,
  ERRNO_BADF,
  ERRNO_EXIST,
  ERRNO_FBIG,
  ERRNO_INVAL,
  ERRNO_ISDIR,
  ERRNO_NOENT,
  ERRNO_NOSPC,
  ERRNO_NOSYS,
  ERRNO_NOTDIR,
  ERRNO_NOTSUP,
  ERRNO_SUCCESS,
  FDFLAGS_APPEND,
  FILESTAT_BYTES,
  OFLAGS_CREAT,
  OFLAGS_DIRECTORY,
  OFLAGS_EXCL,
  OFLAGS_TRUNC,
  PATH_MAX_BYTES,
  RIGHT_FD_WRITE,
} from '../layout';
import { isTorn } from '../names';
import { CLOCK_MONOTONIC, SEEK_END } from '../wasi';
import { readContent, resize, writeContent } from './content';
import {
  ACCESS_APPEND,
  ACCESS_READ,
  ACCESS_WRITE,
  Descriptor,
  descriptorOf,
  insertDescriptor,
  removeDescriptor,
} from './descriptors';
import { giveBytes, giveLong, giveWord, monotonicNs, takeBytes, wallNs } from './engine-memory';
import { Entry, nameOf } from './entries';
import { Node, fillStat, isDirectory, touch } from './node';
import { dropUnused, link, make, removeDirectory, rename, unlink } from './tree';
import { Place, checkPath, walk } from './walk';

// The functions of preview 1 as `assembly/wasi.ts` imports them, and the engine's own beside them: all of them, so that another instance of the
// engine can be linked to this one. Pointers are addresses in the memory of that one.

/** Offsets that a number of the host can express. */
const OFFSET_MAX: u64 = (1 << 53) - 1;
const VECTOR_BYTES: u32 = 8;

const firstPath = memory.data(4096);
const secondPath = memory.data(4096);
const firstPlace = memory.data(16, 16);
const secondPlace = memory.data(16, 16);
const vector = memory.data(8, 8);
const filestat = memory.data(64, 8);
/** An entry of a listing: the header, and the longest name. */
const dirent = memory.data(280, 8);

export function path_open(fd: i32, _lookup: i32, path: usize, pathBytes: u32, oflags: u32, rights: u64, _inheriting: u64, fdflags: u32, out: usize): i32 {
  const place = changetype<Place>(firstPlace);
  let errno = locate(fd, path, pathBytes, firstPath, place);
  if (errno != ERRNO_SUCCESS) return errno;
  if (oflags & OFLAGS_CREAT && oflags & OFLAGS_DIRECTORY) return ERRNO_INVAL;
  const access = (rights & RIGHT_FD_WRITE) == 0 ? ACCESS_READ : fdflags & FDFLAGS_APPEND ? ACCESS_APPEND : ACCESS_WRITE;
  if (place.node == 0) {
    if ((oflags & OFLAGS_CREAT) == 0) return ERRNO_NOENT;
    errno = make(place, false);
    if (errno != ERRNO_SUCCESS) return errno;
  } else if (oflags & OFLAGS_CREAT && oflags & OFLAGS_EXCL) {
    return ERRNO_EXIST;
  } else if (isDirectory(changetype<Node>(place.node))) {
    if (access != ACCESS_READ || oflags & (OFLAGS_CREAT | OFLAGS_TRUNC)) return ERRNO_ISDIR;
  } else if (oflags & OFLAGS_DIRECTORY) {
    return ERRNO_NOTDIR;
  }
  const node = changetype<Node>(place.node);
  if (oflags & OFLAGS_TRUNC) resize(node, 0);
  const opened = insertDescriptor(node, access);
  if (opened < 0) return -opened;
  giveWord(out, opened);
  return ERRNO_SUCCESS;
}

export function path_filestat_get(fd: i32, _lookup: i32, path: usize, pathBytes: u32, out: usize): i32 {
  const errno = locateSome(fd, path, pathBytes);
  if (errno != ERRNO_SUCCESS) return errno;
  return giveStat(changetype<Node>(changetype<Place>(firstPlace).node), out);
}

export function path_create_directory(fd: i32, path: usize, pathBytes: u32): i32 {
  const place = changetype<Place>(firstPlace);
  const errno = locate(fd, path, pathBytes, firstPath, place);
  if (errno != ERRNO_SUCCESS) return errno;
  return place.node == 0 ? make(place, true) : ERRNO_EXIST;
}

export function path_remove_directory(fd: i32, path: usize, pathBytes: u32): i32 {
  const place = changetype<Place>(firstPlace);
  const errno = locate(fd, path, pathBytes, firstPath, place);
  return errno == ERRNO_SUCCESS ? removeDirectory(place) : errno;
}

export function path_unlink_file(fd: i32, path: usize, pathBytes: u32): i32 {
  const place = changetype<Place>(firstPlace);
  const errno = locate(fd, path, pathBytes, firstPath, place);
  return errno == ERRNO_SUCCESS ? unlink(place) : errno;
}

export function path_rename(fd: i32, path: usize, pathBytes: u32, targetFd: i32, target: usize, targetBytes: u32): i32 {
  const errno = locateTwo(fd, path, pathBytes, targetFd, target, targetBytes);
  return errno == ERRNO_SUCCESS ? rename(changetype<Place>(firstPlace), changetype<Place>(secondPlace)) : errno;
}

export function path_link(fd: i32, _lookup: i32, path: usize, pathBytes: u32, targetFd: i32, target: usize, targetBytes: u32): i32 {
  const errno = locateTwo(fd, path, pathBytes, targetFd, target, targetBytes);
  return errno == ERRNO_SUCCESS ? link(changetype<Place>(firstPlace), changetype<Place>(secondPlace)) : errno;
}

export function fd_close(fd: i32): i32 {
  const opened = descriptorOf(fd);
  if (opened === null) return ERRNO_BADF;
  const node = changetype<Node>(opened.node);
  removeDescriptor(fd, opened);
  dropUnused(node);
  return ERRNO_SUCCESS;
}

export function fd_pread(fd: i32, vectors: usize, count: u32, offset: u64, out: usize): i32 {
  const opened = descriptorOf(fd);
  if (opened === null) return ERRNO_BADF;
  const node = changetype<Node>(opened.node);
  if (isDirectory(node)) return ERRNO_ISDIR;
  if (offset > OFFSET_MAX) return ERRNO_INVAL;
  let done: u32 = 0;
  for (let index: u32 = 0; index < count && offset + done < node.size; index++) {
    const bytes = takeVector(vectors, index);
    const part = u32(min<u64>(bytes, node.size - offset - done));
    readContent(node, offset + done, load<usize>(vector), part);
    done += part;
  }
  giveWord(out, done);
  return ERRNO_SUCCESS;
}

export function fd_pwrite(fd: i32, vectors: usize, count: u32, offset: u64, out: usize): i32 {
  const opened = descriptorOf(fd);
  if (opened === null) return ERRNO_BADF;
  return write(opened, vectors, count, opened.access == ACCESS_APPEND ? changetype<Node>(opened.node).size : offset, out);
}

/** Writing where the descriptor stands is only for those that stand at the end. */
export function fd_write(fd: i32, vectors: usize, count: u32, out: usize): i32 {
  const opened = descriptorOf(fd);
  if (opened === null) return ERRNO_BADF;
  const node = changetype<Node>(opened.node);
  if (opened.access != ACCESS_APPEND && !isDirectory(node)) return ERRNO_BADF;
  return write(opened, vectors, count, node.size, out);
}

export function fd_seek(fd: i32, offset: i64, whence: i32, out: usize): i32 {
  if (whence != SEEK_END || offset != 0) return ERRNO_NOTSUP;
  const opened = descriptorOf(fd);
  if (opened === null) return ERRNO_BADF;
  const node = changetype<Node>(opened.node);
  if (isDirectory(node)) return ERRNO_ISDIR;
  giveLong(out, node.size);
  return ERRNO_SUCCESS;
}

export function fd_filestat_get(fd: i32, out: usize): i32 {
  const opened = descriptorOf(fd);
  return opened === null ? ERRNO_BADF : giveStat(changetype<Node>(opened.node), out);
}

export function fd_filestat_set_size(fd: i32, size: u64): i32 {
  const opened = descriptorOf(fd);
  if (opened === null) return ERRNO_BADF;
  const node = changetype<Node>(opened.node);
  if (isDirectory(node)) return ERRNO_ISDIR;
  if (size > OFFSET_MAX || opened.access == ACCESS_READ) return ERRNO_INVAL;
  resize(node, size);
  return ERRNO_SUCCESS;
}

export function fd_filestat_set_times(_fd: i32, _accessed: u64, _modified: u64, _flags: i32): i32 {
  return ERRNO_NOSYS;
}

/** As preview 1 wants it, the entry that does not fit is cut. */
export function fd_readdir(fd: i32, buffer: usize, bytes: u32, cookie: u64, out: usize): i32 {
  const opened = descriptorOf(fd);
  if (opened === null) return ERRNO_BADF;
  const node = changetype<Node>(opened.node);
  if (!isDirectory(node)) return ERRNO_NOTDIR;
  // The listing goes on where it was; from any other place on it is looked for.
  const known = opened.cookie == cookie ? opened.entry : 0;
  let at = known == 0 ? node.first : changetype<Entry>(known).next;
  let used: u32 = 0;
  for (; at != 0 && used < bytes; at = changetype<Entry>(at).next) {
    const entry = changetype<Entry>(at);
    if (entry.place <= cookie) continue;
    const entryBytes = DIRENT_BYTES + entry.nameBytes;
    const part = min<u32>(bytes - used, entryBytes);
    putEntry(entry);
    giveBytes(buffer + used, dirent, part);
    used += part;
    if (part < entryBytes) break;
    opened.cookie = entry.place;
    opened.entry = at;
  }
  giveWord(out, used);
  return ERRNO_SUCCESS;
}

export function fd_advise(_fd: i32, _offset: u64, _length: u64, _advice: i32): i32 {
  return ERRNO_SUCCESS;
}

export function fd_sync(fd: i32): i32 {
  return descriptorOf(fd) === null ? ERRNO_BADF : ERRNO_SUCCESS;
}

export function clock_time_get(clock: i32, _precision: u64, out: usize): i32 {
  giveLong(out, clock == CLOCK_MONOTONIC ? monotonicNs() : wallNs());
  return ERRNO_SUCCESS;
}

export function sched_yield(): i32 {
  return ERRNO_SUCCESS;
}

// The engine's own imports, in the order of `assembly/wasi.ts`.

/** Modes and owners are not kept. */
export function file_adopt(_fd: i32, _directory: i32, _path: usize, _pathBytes: u32): i32 {
  return ERRNO_SUCCESS;
}

export function directory_list(_fd: i32, _buffer: usize, _bytes: u32, _cookie: u64, _result: usize): i32 {
  return ERRNO_NOSYS;
}

export function directory_describe(_directory: i32, _path: usize, _pathBytes: u32, _inode: u64, _entries: usize, _bytes: u32, _out: usize): i32 {
  return ERRNO_NOSYS;
}

export function file_read(_directory: i32, _path: usize, _pathBytes: u32, _buffer: usize, _bytes: u32, _out: usize): i32 {
  return ERRNO_NOSYS;
}

export function file_clone(_source: i32, _target: i32): i32 {
  return ERRNO_NOTSUP;
}

export function path_settle(fd: i32, path: usize, pathBytes: u32): i32 {
  return locateSome(fd, path, pathBytes);
}

export function path_resolve(_directory: i32, _path: usize, _pathBytes: u32, _follow: i32, _target: usize, _targetBytes: u32, _used: usize): i32 {
  return ERRNO_NOSYS;
}

/** Whoever had a lock before was another instance for the same host: it took back everything itself, or says with a mark that it could not. */
export function owner_ended(name: usize, nameBytes: u32): i32 {
  const bytes = min<u32>(nameBytes, PATH_MAX_BYTES);
  takeBytes(firstPath, name, bytes);
  return isTorn(firstPath, bytes) ? 1 : 0;
}

export function parcel_make(_bytes: u64, _parcel: usize): i32 {
  return ERRNO_NOSYS;
}

export function parcel_read(_parcel: u32, _fd: i32, _bytes: u32, _offset: u64, _read: usize): i32 {
  return ERRNO_NOSYS;
}

export function parcel_send(_parcel: u32): i32 {
  return ERRNO_NOSYS;
}

export function parcel_drop(_parcel: u32): i32 {
  return ERRNO_NOSYS;
}

/** Takes a path from the engine and follows it. */
function locate(fd: i32, path: usize, pathBytes: u32, room: usize, place: Place): i32 {
  if (pathBytes > PATH_MAX_BYTES) return ERRNO_INVAL;
  takeBytes(room, path, pathBytes);
  const errno = checkPath(room, pathBytes);
  if (errno != ERRNO_SUCCESS) return errno;
  const opened = descriptorOf(fd);
  if (opened === null) return ERRNO_BADF;
  const node = changetype<Node>(opened.node);
  return isDirectory(node) ? walk(node, room, pathBytes, place) : ERRNO_NOTDIR;
}

/** The same where something must be at its end. */
function locateSome(fd: i32, path: usize, pathBytes: u32): i32 {
  const place = changetype<Place>(firstPlace);
  const errno = locate(fd, path, pathBytes, firstPath, place);
  return errno == ERRNO_SUCCESS && place.node == 0 ? ERRNO_NOENT : errno;
}

function locateTwo(fd: i32, path: usize, pathBytes: u32, targetFd: i32, target: usize, targetBytes: u32): i32 {
  const errno = locate(fd, path, pathBytes, firstPath, changetype<Place>(firstPlace));
  return errno == ERRNO_SUCCESS ? locate(targetFd, target, targetBytes, secondPath, changetype<Place>(secondPlace)) : errno;
}

function write(opened: Descriptor, vectors: usize, count: u32, offset: u64, out: usize): i32 {
  const node = changetype<Node>(opened.node);
  if (isDirectory(node)) return ERRNO_ISDIR;
  if (opened.access == ACCESS_READ) return ERRNO_BADF;
  if (offset > OFFSET_MAX) return ERRNO_INVAL;
  let done: u32 = 0;
  for (let index: u32 = 0; index < count; index++) {
    const bytes = takeVector(vectors, index);
    if (bytes == 0) continue;
    if (offset + done + bytes > OFFSET_MAX) return ERRNO_FBIG;
    const written = writeContent(node, offset + done, load<usize>(vector), bytes);
    done += written;
    if (written != 0) {
      node.size = max<u64>(node.size, offset + done);
      touch(node);
    } else if (done == 0) {
      return ERRNO_NOSPC;
    }
    if (written < bytes) break;
  }
  giveWord(out, done);
  return ERRNO_SUCCESS;
}

/** Takes a vector from the engine: how many bytes it names, and in `vector` where. */
function takeVector(vectors: usize, index: u32): u32 {
  takeBytes(vector, vectors + index * VECTOR_BYTES, VECTOR_BYTES);
  return load<u32>(vector + 4);
}

function giveStat(node: Node, out: usize): i32 {
  fillStat(node, filestat);
  giveBytes(out, filestat, FILESTAT_BYTES);
  return ERRNO_SUCCESS;
}

function putEntry(entry: Entry): void {
  const node = changetype<Node>(entry.node);
  store<u64>(dirent + DIRENT_NEXT, entry.place);
  store<u64>(dirent + DIRENT_INODE, node.id);
  store<u32>(dirent + DIRENT_NAME_BYTES, entry.nameBytes);
  store<u32>(dirent + DIRENT_FILETYPE, node.kind);
  memory.copy(dirent + DIRENT_BYTES, nameOf(entry), entry.nameBytes);
}
