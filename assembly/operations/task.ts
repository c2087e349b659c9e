import { now } from '../calls';
import { ERRNO_INVAL } from '../layout';
import { DONE, WAIT_TIME } from '../outcome';
import { Record } from '../record';
import { postChunk, replyTotal } from '../reply';

/** A day: longer sleeps are somebody's mistake. */
const SLEEP_MAX_MS: u64 = 86_400_000;

/** The payload comes back as the result. */
export function echo(record: Record): i32 {
  if (record.input == 0) {
    record.resultBytes = record.dataBytes;
    return DONE;
  }
  replyTotal(record, record.dataBytes);
  postChunk(record, record.input, record.dataBytes);
  record.input = 0;
  return DONE;
}

/** Ends after OFFSET milliseconds; meanwhile the loop serves others. */
export function sleep(record: Record): i32 {
  if (record.state == 1) return DONE;
  if (record.offset > SLEEP_MAX_MS) {
    record.status = ERRNO_INVAL;
    return DONE;
  }
  record.deadline = now() + record.offset * 1_000_000;
  record.state = 1;
  return WAIT_TIME;
}
