import { tidyLock } from '../lock';
import { DONE } from '../outcome';
import { Record } from '../record';

/** Takes away the lock that the path names, and cuts off what its dead owner had begun to append; a living one keeps it. */
export function tidy(record: Record): i32 {
  const outcome = tidyLock(record.commit);
  if (outcome == DONE) record.status = record.commit.status;
  return outcome;
}
