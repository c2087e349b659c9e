import { dropBuffer } from './buffers';
import { abandonCommit } from './commit';
import {
  CONTROL_CURRENT,
  ERRNO_AGAIN,
  ERRNO_CANCELED,
  ERRNO_SUCCESS,
  OP_CLOSE,
  OP_COPY,
  OP_CREATE_DIRECTORY,
  OP_DELETE,
  OP_DESCRIBE,
  OP_ECHO,
  OP_FAULT,
  OP_LIST,
  OP_OPEN,
  OP_READ,
  OP_READ_AT,
  OP_RENAME,
  OP_SLEEP,
  OP_STAT,
  OP_TIDY,
  OP_WRITE,
  OP_WRITER_ABORT,
  OP_WRITER_CLOSE,
  OP_WRITER_FLUSH,
  OP_WRITER_OPEN,
  OP_WRITER_WRITE,
  PHASE_BEFORE,
  SLOT_PHASE,
  STATUS_MALFORMED,
} from './layout';
import { copy } from './operations/copy';
import { remove } from './operations/delete';
import { describe } from './operations/describe';
import { createDirectory } from './operations/directory';
import { list } from './operations/list';
import { close, open } from './operations/open';
import { endReadAt, readAt, readFile } from './operations/read';
import { rename } from './operations/rename';
import { stat } from './operations/stat';
import { echo, sleep } from './operations/task';
import { writeFile } from './operations/write';
import { openWriter, releaseWriter, useWriter } from './operations/writer';
import { tidy } from './operations/tidy';
import { DONE, PARK, WAIT_TIME } from './outcome';
import { waitUntil } from './lock';
import { Record, isCancelled } from './record';
import { postDone } from './reply';
import { resolvePaths } from './resolve';
import { control } from './space';
import { fd_close, parcel_drop } from './wasi';

// One step of one request: its operation, then, once that is done, the release of whatever it still holds, then the completion.

/** DONE: the completion is posted and the record is free. Anything else is where the request waits. */
export function serve(record: Record): i32 {
  store<u32>(control + CONTROL_CURRENT, record.index + 1);
  let outcome = record.ending ? DONE : work(record);
  if (outcome == WAIT_TIME && record.op != OP_SLEEP) record.deadline = waitUntil;
  if (outcome == DONE) {
    record.ending = 1;
    outcome = release(record);
    if (outcome == DONE) postDone(record);
  }
  store<u32>(control + CONTROL_CURRENT, 0);
  return outcome;
}

/** Gives back whatever the request still holds; an operation that went well has let go of most of it already. */
function release(record: Record): i32 {
  if (record.buffer != 0) {
    dropBuffer(record.buffer);
    record.buffer = 0;
  }
  if (record.parcel != 0) {
    if (parcel_drop(record.parcel) == ERRNO_AGAIN) return PARK;
    record.parcel = 0;
  }
  if (record.input != 0) {
    dropBuffer(record.input);
    record.input = 0;
  }
  if (record.owned) {
    if (fd_close(record.fd) == ERRNO_AGAIN) return PARK;
    record.owned = 0;
  }
  if (record.op == OP_READ_AT) endReadAt(record);
  return record.writer != 0 ? releaseWriter(record) : abandonCommit(record.commit);
}

function work(record: Record): i32 {
  if (record.status != ERRNO_SUCCESS) return DONE;
  if (isCancelled(record) && load<u32>(record.slot + SLOT_PHASE) == PHASE_BEFORE) {
    record.cancelled = 1;
    record.status = ERRNO_CANCELED;
    return DONE;
  }
  if (isDefined(faultPoint)) faultPoint(record.op, u32(record.offset));
  if (record.unresolved != 0) {
    const outcome = resolvePaths(record);
    if (outcome != DONE || record.status != ERRNO_SUCCESS) return outcome;
  }
  switch (record.op) {
    case OP_READ: return readFile(record);
    case OP_READ_AT: return readAt(record);
    case OP_STAT: return stat(record);
    case OP_WRITE: return writeFile(record);
    case OP_OPEN: return open(record);
    case OP_CLOSE: return close(record);
    case OP_LIST: return list(record);
    case OP_DESCRIBE: return describe(record);
    case OP_DELETE: return remove(record);
    case OP_CREATE_DIRECTORY: return createDirectory(record);
    case OP_COPY: return copy(record);
    case OP_RENAME: return rename(record);
    case OP_ECHO: return echo(record);
    case OP_SLEEP: return sleep(record);
    case OP_TIDY: return tidy(record);
    case OP_WRITER_OPEN: return openWriter(record);
    case OP_WRITER_WRITE:
    case OP_WRITER_FLUSH:
    case OP_WRITER_CLOSE:
    case OP_WRITER_ABORT:
      return useWriter(record);
    default:
      record.status = STATUS_MALFORMED;
      return DONE;
  }
}
