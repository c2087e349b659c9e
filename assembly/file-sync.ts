import { openWrite, result } from './calls';
import { Commit, advance } from './commit-record';
import { ADVICE_DONTNEED, ERRNO_AGAIN, ERRNO_SUCCESS } from './layout';
import { fd_advise, fd_close, fd_filestat_set_size, fd_sync } from './wasi';

// The fsync of the content. One journal commit of the file system could serve many files, but each fsync finds a file whose blocks are
// only chosen there and then, and needs another commit for that. So requests of one instance that have their content in temporary
// files give way to each other before the first fsync, and the content of all but the first is on its way to the disk by then:
//
//   grow -> shrink ... [content] ... write out -> close -> give way -> announce -> give way -> sync -> give way
//
// ext4 and xfs choose the blocks and begin to write when a file is closed that was made shorter before, through whatever descriptor.
// Then all others say that their fsync comes, before the first one makes its own: a host that can make several side by side does so, and
// they share what the disk has to do. Where either means nothing it does no harm: what counts is the fsync of every file, on the descriptor that has been open since before
// the first byte, so that it hears of every error on the way.

/** States of a commit, beside those in `commit.ts`. */
export const GROW: i32 = 32;
export const SHRINK: i32 = 33;
export const WRITE_OUT: i32 = 34;
const WRITE_OUT_CLOSE: i32 = 35;
const GIVE_WAY: i32 = 36;
/** All others say that their fsync comes, before the first one makes its own. */
const ANNOUNCE: i32 = 37;
const ANNOUNCED: i32 = 38;
const SYNC: i32 = 39;
export const SYNCED: i32 = 40;

// Bits of `gathering`.
/** What was written is to go out before the fsync. */
const EARLY: u32 = 1;
/** It has given way and is counted. */
const COUNTED: u32 = 2;

/** Each holds a descriptor: so many wait with theirs at most, the next one goes on to its fsync. */
const GATHERED_MAX: u32 = 64;

/** Commits that have their content in a file and whose fsync is still to come. */
let gathered: u32 = 0;

export function forgetGathered(): void {
  gathered = 0;
}

/** The state that comes after the temporary file was made. The first one has nobody to come along with. */
export function afterTemp(commit: Commit, next: i32): i32 {
  if (gathered == 0) return next;
  commit.gathering = EARLY;
  return GROW;
}

/** Makes the empty file longer and shorter again: where the first does not work, nothing is lost. */
export function prepare(commit: Commit, next: i32): i32 {
  if (commit.state == SHRINK) return advance(commit, fd_filestat_set_size(commit.fd, 0), next);
  const errno = fd_filestat_set_size(commit.fd, 1);
  if (errno == ERRNO_AGAIN) return errno;
  commit.state = SHRINK;
  return ERRNO_SUCCESS;
}

/** The state in which a whole new file goes on. */
export function afterContent(commit: Commit): i32 {
  return commit.gathering & EARLY ? WRITE_OUT : GIVE_WAY;
}

/** Whether others get their turn before the next step. */
export function givesWay(commit: Commit): bool {
  if (commit.state == ANNOUNCED) {
    commit.state = SYNC;
    return true;
  }
  if (commit.state != GIVE_WAY) return false;
  commit.state = gathered < GATHERED_MAX ? ANNOUNCE : SYNC;
  if (commit.state == SYNC) return false;
  gathered++;
  commit.gathering |= COUNTED;
  return true;
}

/**
 * Says that the fsync of a descriptor comes next, as soon as others have had their turn. It is nobody else's, and nothing is written to it until
 * then. ERRNO_AGAIN, or whatever does not matter.
 */
export function announceSync(fd: i32): i32 {
  return fd_advise(fd, 0, 0, ADVICE_DONTNEED);
}

/**
 * Whether the fsync of others is still to come. Theirs go before anybody's rename: each rename changes the directory, and where there is no
 * journal the fsync of a new file writes out its directory too.
 */
export function othersGathered(): bool {
  return gathered != 0;
}

/** One step up to `SYNCED`. */
export function syncFile(commit: Commit): i32 {
  switch (commit.state) {
    case WRITE_OUT: {
      const errno = openWrite(commit.root, commit.temp, commit.tempBytes, 0, 0);
      if (errno == ERRNO_AGAIN) return errno;
      if (errno == ERRNO_SUCCESS) commit.directory = i32(result);
      commit.state = errno == ERRNO_SUCCESS ? WRITE_OUT_CLOSE : GIVE_WAY;
      return ERRNO_SUCCESS;
    }
    case WRITE_OUT_CLOSE: {
      // Whatever it says of the content is said by the fsync too.
      if (fd_close(commit.directory) == ERRNO_AGAIN) return ERRNO_AGAIN;
      commit.directory = -1;
      commit.state = GIVE_WAY;
      return ERRNO_SUCCESS;
    }
    case ANNOUNCE:
      // The first one, which may be the only one, is made here: the others are made beside it.
      if (commit.gathering & EARLY && announceSync(commit.fd) == ERRNO_AGAIN) return ERRNO_AGAIN;
      commit.state = ANNOUNCED;
      return ERRNO_SUCCESS;
    default:
      leaveGathered(commit);
      return advance(commit, fd_sync(commit.fd), SYNCED);
  }
}

/** It is not waited for any more. */
export function leaveGathered(commit: Commit): void {
  if (commit.gathering & COUNTED) gathered--;
  commit.gathering = 0;
}
