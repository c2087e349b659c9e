import './panic';
import { forgetBuffers } from './buffers';
import { COMMIT_BYTES } from './commit-record';
import { forgetGates } from './gates';
import { ERRNO_SUCCESS, PATH_AREA_BYTES, RECORD_BYTES } from './layout';
import { forgetLoop, loop, pollOnce } from './loop';
import { forgetReadAhead } from './read-ahead';
import { forgetReplies } from './reply';
import { configure } from './space';
import { forgetWriters } from './writer';

/** Takes over the memory that the host laid out; ERRNO_INVAL when the configuration does not hold together. Called once. */
export function start(config: usize): i32 {
  const errno = configure(config);
  if (errno != ERRNO_SUCCESS) return errno;
  assert(u32(256) + PATH_AREA_BYTES + u32(COMMIT_BYTES) <= RECORD_BYTES, 'a record does not fit its room');
  forgetBuffers();
  forgetReplies();
  forgetReadAhead();
  forgetWriters();
  forgetGates();
  forgetLoop();
  return ERRNO_SUCCESS;
}

/** The event loop of a worker: 0 when the host says stop, 1 when its thread is to have a moment for itself before the next call. */
export function run(): i32 {
  return loop() ? 1 : 0;
}

/** One pass for hosts without threads: milliseconds until the next timer, or -1. */
export function poll(): i32 {
  return pollOnce();
}
