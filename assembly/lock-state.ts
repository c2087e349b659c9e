import { Commit } from './commit-record';
import { ERRNO_AGAIN, ERRNO_SUCCESS } from './layout';
import { fd_close } from './wasi';

// What of a name's lock is ours, as bits of `lock`, and the moves from one state of taking it to the next.

/** We are in the gate of the name. */
export const LOCK_GATE: u32 = 1;
/** Our private directory exists. */
export const LOCK_PRIVATE: u32 = 2;
/** Our entry exists: in the private directory, or in the lock once that is held or stolen. */
export const LOCK_ENTRY: u32 = 4;
export const LOCK_HELD: u32 = 8;
/** The entry is a second name of the target, by which readers know that something is going on. */
export const LOCK_LINKED: u32 = 16;
/** The entry carries the size in `begin`. */
export const LOCK_SIZED: u32 = 32;
/** The entry of a dead owner was made ours, for as long as it takes to repair what that one left. */
export const LOCK_STOLEN: u32 = 64;
/** What was appended from `begin` on is still there and must not stay: the entry stays behind and says so. */
export const LOCK_TORN: u32 = 128;
/** The path names the lock itself, which is only to be tidied. */
export const LOCK_TIDY: u32 = 256;
/** The append was not to be durable: after a power cut nothing is known of it, and nothing is cut off. */
export const LOCK_SOFT: u32 = 512;
/** The owner of the entry that was found lived before the last boot. */
export const LOCK_REBOOTED: u32 = 1024;
/** The file system has no second names, or gives none: nobody can see the lock on the target. */
export const LOCK_LINKLESS: u32 = 2048;

/** The states in which the lock is made, and in which somebody else's is looked at: `lock.ts` has the others, `lock-repair.ts` leads back to these. */
export const MAKE: i32 = 1;
export const LOOK: i32 = 8;

/** To the next state unless the call failed. */
export function goTo(commit: Commit, errno: i32, state: i32): i32 {
  if (errno == ERRNO_SUCCESS) commit.lockState = state;
  return errno;
}

/** Closes whatever the lock has open. */
export function close(commit: Commit, state: i32): i32 {
  const errno = fd_close(commit.directory);
  if (errno == ERRNO_AGAIN) return errno;
  commit.directory = -1;
  return goTo(commit, ERRNO_SUCCESS, state);
}

/** What cannot be cleared away is in nobody's way. */
export function clear(commit: Commit, errno: i32, bits: u32, state: i32): i32 {
  if (errno == ERRNO_AGAIN) return errno;
  commit.lock &= ~bits;
  return goTo(commit, ERRNO_SUCCESS, state);
}
