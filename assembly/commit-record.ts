import { ERRNO_SUCCESS, PATH_AREA_BYTES } from './layout';
import { DONE } from './outcome';

// What a commit remembers between two steps. It lives in the record of a request, or in a writer that outlives many.

const NONCE: usize = 176;
const CONDITIONS: usize = 192;
const STAT_AREA: usize = 256;
const PATH: usize = 320;
const TEMP_PATH: usize = PATH + PATH_AREA_BYTES;
/** A temporary name is longer than the name it stands for. */
const TEMP_EXTRA_BYTES: usize = 256;
export const COMMIT_BYTES: usize = TEMP_PATH + PATH_AREA_BYTES + TEMP_EXTRA_BYTES;

@unmanaged
export class Commit {
  root: u32;
  flags: u32;
  /** First error, or ERRNO_SUCCESS. */
  status: i32;
  state: i32;
  /** Where the making of parents goes back to. */
  resume: i32;
  /** The temporary file, or the file that is appended to; -1 when closed. */
  fd: i32;
  /** The temporary file whose content is being appended; -1 when none is. */
  spool: i32;
  /** A directory that is open for its fsync, or whatever the lock has open; -1 when nothing. */
  directory: i32;
  /** 1 while the temporary name exists. */
  named: u32;
  /** 1 when the target existed. */
  exists: u32;
  /** 1 when this append made the file. */
  created: u32;
  /** 1 from an append's first write until all of it is there: whatever fails in between is taken back. */
  unsettled: u32;
  /** Length of the first parent that had to be made; -1 when none had. */
  made: i32;
  /** Length of the parent that was removed last; 0: none was. */
  removed: u32;
  /** Length of the parent that is being made or synced. */
  cursor: i32;
  tries: u32;
  pathBytes: u32;
  /** Bytes in the room for the temporary path; the lock keeps a name it has found there, before there is a temporary file. */
  tempBytes: u32;
  /** LOCK_ bits of `lock-state.ts`: what of the name's lock is ours. */
  lock: u32;
  /** Where taking the lock stands. */
  lockState: i32;
  /** Longer and longer waits for a lock that others hold, in microseconds. */
  lockDelay: u32;
  /** Place in the queue for a gate. */
  ticket: u32;
  gate: u32;
  /** Index + 1 of the record whose fsync of the directory is ours too; 0: none yet. */
  leader: u32;
  /** Whether it comes along with others to the fsync of its file; see `file-sync.ts`. */
  gathering: u32;
  /** 1: the holder of the lock has renamed the temporary file, which is only to be used under the lock from then on. */
  recalled: u32;
  /** Where recalling those of others stands. */
  recallState: i32;
  /** 1 when nothing was there as the conditions were checked: then only a link may give the name. */
  absent: u32;
  /** How often the lock was taken anew, because it was that of another file. */
  relocks: u32;
  /** Slot whose phase tells the host how far this went. */
  slot: usize;
  /** Position of the next byte. */
  written: u64;
  /** Where an append begins: the file is cut there again when it fails. */
  begin: u64;
  /** When waiting for the lock ends, in nanoseconds. */
  lockDeadline: u64;
  /** Time of the last change of the file that is replaced. */
  replacedTime: u64;
  /** Inode of the file that the lock is a second name of. */
  lockedInode: u64;
  /** Cookie in the directory whose temporary files are recalled. */
  recallCookie: u64;

  get nonce(): usize { return changetype<usize>(this) + NONCE; }
  get conditions(): usize { return changetype<usize>(this) + CONDITIONS; }
  get stat(): usize { return changetype<usize>(this) + STAT_AREA; }
  get path(): usize { return changetype<usize>(this) + PATH; }
  get temp(): usize { return changetype<usize>(this) + TEMP_PATH; }
}

/** Nothing open, nothing named, nothing locked, no status: every commit begins so, and abandoning it finds nothing to do. */
export function clearCommit(commit: Commit): void {
  assert(offsetof<Commit>() <= NONCE, 'the fields of a commit reach into its areas');
  commit.status = ERRNO_SUCCESS;
  commit.state = 0;
  commit.fd = -1;
  commit.spool = -1;
  commit.directory = -1;
  commit.named = 0;
  commit.exists = 0;
  commit.created = 0;
  commit.unsettled = 0;
  commit.made = -1;
  commit.removed = 0;
  commit.cursor = 0;
  commit.tries = 0;
  commit.lock = 0;
  commit.lockState = 0;
  commit.leader = 0;
  commit.gathering = 0;
  commit.recalled = 0;
  commit.recallState = 0;
  commit.absent = 0;
  commit.relocks = 0;
  commit.written = 0;
  commit.begin = 0;
  commit.replacedTime = 0;
  commit.lockedInode = 0;
  commit.recallCookie = 0;
}

/** The first error is the one that counts. */
export function failCommit(commit: Commit, errno: i32): i32 {
  if (commit.status == ERRNO_SUCCESS) commit.status = errno;
  return DONE;
}

/** To the next state unless the call failed. */
export function advance(commit: Commit, errno: i32, state: i32): i32 {
  if (errno == ERRNO_SUCCESS) commit.state = state;
  return errno;
}
