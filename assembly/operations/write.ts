import { finishCommit, openCommit, progress, writeCommit } from '../commit';
import { ERRNO_SUCCESS } from '../layout';
import { DONE } from '../outcome';
import { Record } from '../record';
import { replyStat } from '../reply';

const OPEN: i32 = 0;
const CONTENT: i32 = 1;
const FINISH: i32 = 2;

/** A whole file in one request. */
export function writeFile(record: Record): i32 {
  const commit = record.commit;
  while (true) {
    let outcome: i32;
    switch (record.state) {
      case OPEN:
        outcome = openCommit(commit);
        break;
      case CONTENT:
        outcome = writeCommit(commit, record.payload, record.dataBytes, record.done);
        record.done = progress;
        break;
      default:
        outcome = finishCommit(commit);
        break;
    }
    if (outcome != DONE) return outcome;
    if (commit.status != ERRNO_SUCCESS || record.state == FINISH) break;
    record.state++;
  }
  record.status = commit.status;
  if (record.status == ERRNO_SUCCESS) replyStat(record, commit.stat);
  return DONE;
}
