import { openDirectory, result } from './calls';
import { Commit, advance, failCommit } from './commit-record';
import { ERRNO_AGAIN, ERRNO_NOENT, ERRNO_NOSYS, ERRNO_SUCCESS, FLAG_SYNC_DIRECTORY } from './layout';
import { announceSync } from './file-sync';
import { DONE, PARK, WAIT_SYNC, YIELD } from './outcome';
import { parentBytes } from './paths';
import { WAITING_SYNC, recordAt, usedRecords } from './record';
import { fd_close, fd_sync, path_settle } from './wasi';
import { commitOf } from './writer';

// The fsync of the directory that holds a name, which is what makes the name durable, and then whatever makes durable that the
// directory itself exists: it may be new, and made by somebody who has not synced it yet.
//
//   join -> open -> announce -> sync -> close -> settle -> finished
//
// One fsync serves all requests that had done their renames before it began. So a request first joins: it waits until
// the loop has nothing else to do, and then one request for each directory leads, and the others end as it does.

/** States of a commit from here on; `commit.ts` has the ones before. */
export const DIRECTORY_JOIN: i32 = 48;
const DIRECTORY_OPEN: i32 = 49;
const DIRECTORY_ANNOUNCE: i32 = 50;
const DIRECTORY_SYNC: i32 = 51;
const DIRECTORY_CLOSE: i32 = 52;
const DIRECTORY_SETTLE: i32 = 53;
export const FINISHED: i32 = 54;

/** Leaders that are through since the loop looked last. */
export let endedGroups: u32 = 0;

export function forgetEndedGroups(): void {
  endedGroups = 0;
}

/** From here on `syncDirectory` is called until it is done. */
export function beginDirectorySync(commit: Commit): void {
  beginDirectorySyncAt(commit, parentBytes(commit.path, commit.pathBytes));
}

/** The same for the directory whose path is the first `bytes` of the commit's. */
export function beginDirectorySyncAt(commit: Commit, bytes: u32): void {
  commit.cursor = i32(bytes);
  commit.leader = 0;
  commit.state = commit.flags & FLAG_SYNC_DIRECTORY ? DIRECTORY_JOIN : FINISHED;
}

/** DONE with a status, WAIT_SYNC to join those that wait, YIELD, or PARK. */
export function syncDirectory(commit: Commit): i32 {
  while (commit.state != FINISHED) {
    if (commit.state == DIRECTORY_JOIN) return WAIT_SYNC;
    if (commit.state == DIRECTORY_ANNOUNCE) {
      if (announceSync(commit.directory) == ERRNO_AGAIN) return PARK;
      commit.state = DIRECTORY_SYNC;
      return YIELD;
    }
    const errno = step(commit);
    if (errno == ERRNO_AGAIN) return PARK;
    if (errno == ERRNO_SUCCESS) continue;
    failCommit(commit, errno);
    // Never tried again, by nobody: a second fsync would say that all is well.
    commit.state = FINISHED;
  }
  if (commit.leader != 0) shareSync(commit);
  return DONE;
}

/** This one goes ahead for all that wait for the same directory. */
export function leadSync(commit: Commit, index: u32): void {
  commit.leader = index + 1;
  commit.state = DIRECTORY_OPEN;
}

export function isSameDirectory(one: Commit, other: Commit): bool {
  if (one.root != other.root || one.cursor != other.cursor) return false;
  return memory.compare(one.path, other.path, u32(one.cursor)) == 0;
}

/** A leader that was cancelled: those who counted on it choose another one. */
export function abandonSync(commit: Commit): void {
  if (commit.leader == 0 || commit.state == DIRECTORY_JOIN || commit.state == FINISHED) return;
  for (let index: u32 = 0; index < usedRecords; index++) {
    const member = memberAt(index, commit);
    if (member !== null) member.leader = 0;
  }
  endedGroups++;
}

/** What the leader reached holds for all who waited for it. */
function shareSync(leader: Commit): void {
  for (let index: u32 = 0; index < usedRecords; index++) {
    const member = memberAt(index, leader);
    if (member === null) continue;
    if (leader.status != ERRNO_SUCCESS) failCommit(member, leader.status);
    member.state = FINISHED;
    member.leader = 0;
  }
  leader.leader = 0;
  endedGroups++;
}

function memberAt(index: u32, leader: Commit): Commit | null {
  const record = recordAt(index);
  if (record.place != WAITING_SYNC) return null;
  const commit = commitOf(record);
  return commit.leader == leader.leader && commit !== leader ? commit : null;
}

function step(commit: Commit): i32 {
  switch (commit.state) {
    case DIRECTORY_OPEN: {
      // The root is open already, and it ends every chain.
      if (commit.cursor == 0) return advance(commit, fd_sync(commit.root), FINISHED);
      const errno = openDirectory(commit.root, commit.path, u32(commit.cursor));
      // Somebody removed the directory with all that was in it: there is nothing left to make durable.
      if (errno == ERRNO_NOENT) return advance(commit, ERRNO_SUCCESS, FINISHED);
      if (errno != ERRNO_SUCCESS) return errno;
      commit.directory = i32(result);
      commit.state = DIRECTORY_ANNOUNCE;
      return ERRNO_SUCCESS;
    }
    case DIRECTORY_SYNC:
      return advance(commit, fd_sync(commit.directory), DIRECTORY_CLOSE);
    case DIRECTORY_CLOSE: {
      const errno = fd_close(commit.directory);
      if (errno == ERRNO_AGAIN) return errno;
      commit.directory = -1;
      commit.state = DIRECTORY_SETTLE;
      return ERRNO_SUCCESS;
    }
    default: {
      const errno = path_settle(commit.root, commit.path, u32(commit.cursor));
      if (errno != ERRNO_NOSYS) return advance(commit, errno, FINISHED);
      commit.cursor = i32(parentBytes(commit.path, u32(commit.cursor)));
      commit.state = DIRECTORY_OPEN;
      return ERRNO_SUCCESS;
    }
  }
}
