import { loadWord, storeWord, waitWord } from './atomics';
import { hasFreeBuffer } from './buffers';
import { now } from './calls';
import { Commit } from './commit-record';
import { DIRECTORY_JOIN, endedGroups, forgetEndedGroups, isSameDirectory, leadSync } from './directory-sync';
import { forgetGathered } from './file-sync';
import { cameBefore, forgetGatesLeft, gatesLeft, isGateFree, letIn } from './gates';
import { takeIn } from './intake';
import {
  CONTROL_ATTENTION,
  CONTROL_HEARTBEAT,
  CONTROL_POKE,
  CONTROL_SLEEPING,
  CONTROL_STOP,
  CONTROL_SUBMISSION_HEAD,
  CONTROL_SUBMISSION_TAIL,
  ERRNO_AGAIN,
  ERRNO_INTR,
  KEEP_MS,
  SLOT_READY,
  SUBMISSION_BYTES,
} from './layout';
import { PARK, WAIT_BUFFER, WAIT_GATE, WAIT_SYNC, WAIT_TIME, WAIT_WRITER, YIELD } from './outcome';
import {
  IDLE,
  RUNNABLE,
  Record,
  WAITING_BUFFER,
  WAITING_GATE,
  WAITING_READY,
  WAITING_SYNC,
  WAITING_TIME,
  WAITING_WRITER,
  forgetRecords,
  isCancelled,
  recordAt,
  useRecord,
  usedRecords,
} from './record';
import { ringBell } from './reply';
import { serve } from './serve';
import { control, entries, slotAt, spin, submissions } from './space';
import { sched_yield } from './wasi';
import { commitOf, forgetWritersLeft, writersLeft } from './writer';

// The event loop. A turn takes what was submitted, looks at those that wait, and gives each runnable request one step; a request
// that has more to do goes to the end of the queue, so that a small one never waits for the whole of a long one.

const NEVER: u64 = u64.MAX_VALUE;
/** How long the engine sleeps at most while its host keeps something that it gives up after a while. */
const KEEPING_NS: i64 = i64(KEEP_MS) * 1_000_000;
/** As long as others keep coming, an fsync that could begin is put off for at most so many turns. */
const HELD_TURNS_MAX: u32 = 8;

let head: u32 = 0;
let attention: u32 = 0;
let queueFirst: u32 = 0;
let queueLast: u32 = 0;
let waitingBuffer: u32 = 0;
let waitingTime: u32 = 0;
let waitingGate: u32 = 0;
let waitingSync: u32 = 0;
let waitingWriter: u32 = 0;
/** Turns for which those who wait for the fsync of a directory were held back. */
let heldTurns: u32 = 0;
let nextDeadline: u64 = NEVER;
/** The host keeps something from the last batch, and wants to hear of another one though no request comes. */
let isKept: bool = false;
/** Nothing was done since the host said so. */
let isAsked: bool = false;
/** The host wants its thread for a moment. */
let isInterrupted: bool = false;

export function forgetLoop(): void {
  head = 0;
  attention = 0;
  queueFirst = 0;
  queueLast = 0;
  waitingBuffer = 0;
  waitingTime = 0;
  waitingGate = 0;
  waitingSync = 0;
  waitingWriter = 0;
  heldTurns = 0;
  isKept = false;
  isAsked = false;
  isInterrupted = false;
  forgetGatesLeft();
  forgetEndedGroups();
  forgetGathered();
  nextDeadline = NEVER;
  forgetRecords();
}

/**
 * Runs until the host says stop: false, or until it wants its thread for a moment: true, and then this is to be called again. Asleep it costs
 * nothing: it wakes for an event or for the next timer.
 */
export function loop(): bool {
  let idle: u32 = 0;
  while (loadWord(control + CONTROL_STOP) == 0) {
    if (isInterrupted) {
      isInterrupted = false;
      isAsked = false;
      return true;
    }
    // Read before the turn looks at anything: an event after this moves it, and the sleep below does not begin.
    const seen = loadWord(control + CONTROL_POKE);
    store<u32>(control + CONTROL_HEARTBEAT, load<u32>(control + CONTROL_HEARTBEAT) + 1);
    if (turn()) {
      idle = 0;
      isAsked = false;
    } else if (idle < spin) {
      idle++;
    } else {
      // What is kept since the last batch was not there when it began.
      if (!isAsked) beginBatch();
      isAsked = true;
      if (isInterrupted) continue;
      storeWord(control + CONTROL_SLEEPING, 1);
      const isOver = waitWord(control + CONTROL_POKE, seen, sleepNs());
      storeWord(control + CONTROL_SLEEPING, 0);
      if (isOver && isKept) beginBatch();
      idle = 0;
    }
  }
  return false;
}

/** Works until there is nothing to do at the moment: for hosts without threads. Milliseconds until the next timer, or -1. */
export function pollOnce(): i32 {
  while (turn()) store<u32>(control + CONTROL_HEARTBEAT, load<u32>(control + CONTROL_HEARTBEAT) + 1);
  const ns = sleepNs();
  return ns < 0 ? -1 : i32((ns + 999_999) / 1_000_000);
}

/** Whether anything was done. */
function turn(): bool {
  const tail = loadWord(control + CONTROL_SUBMISSION_TAIL);
  const isNew = tail != head;
  if (loadWord(control + CONTROL_ATTENTION) != attention) attend();
  if (waitingBuffer != 0 && hasFreeBuffer()) wake(WAITING_BUFFER);
  if (waitingTime != 0 && now() >= nextDeadline) wakeDue();
  if (!isNew && queueFirst == 0) return false;
  beginBatch();
  // A tail that is further away than the ring is long is nonsense: at most one ring full is taken a turn.
  for (let taken: u32 = 0; taken < entries && head != tail; taken++) take();
  const last = queueLast;
  while (queueFirst != 0) {
    const index = queueFirst;
    advance(pop());
    // Those that came in meanwhile are served before the next long step.
    if (loadWord(control + CONTROL_SUBMISSION_TAIL) != head || index == last) break;
  }
  if (gatesLeft != 0) wakeGates();
  if (waitingSync != 0) wakeSync(queueFirst == 0 && loadWord(control + CONTROL_SUBMISSION_TAIL) == head);
  ringBell();
  return true;
}

function beginBatch(): void {
  const errno = sched_yield();
  isKept = errno == ERRNO_AGAIN;
  if (errno == ERRNO_INTR) isInterrupted = true;
}

function take(): void {
  const index = load<u32>(submissions + (head & (entries - 1)) * SUBMISSION_BYTES);
  head++;
  storeWord(control + CONTROL_SUBMISSION_HEAD, head);
  // Not a slot, or one whose request is still running: nothing can be answered, because nothing was asked.
  if (index >= entries) return;
  const record = useRecord(index);
  if (record.place != IDLE) return;
  record.status = takeIn(record, slotAt(index));
  advance(record);
}

function advance(record: Record): void {
  switch (serve(record)) {
    case YIELD:
      push(record);
      break;
    case WAIT_BUFFER:
      record.place = WAITING_BUFFER;
      waitingBuffer++;
      break;
    case PARK:
      record.place = WAITING_READY;
      // The host may have been ready before it was asked to wait.
      if (isReady(record)) push(record);
      break;
    case WAIT_GATE:
      record.place = WAITING_GATE;
      waitingGate++;
      break;
    case WAIT_SYNC:
      record.place = WAITING_SYNC;
      waitingSync++;
      break;
    case WAIT_WRITER:
      record.place = WAITING_WRITER;
      waitingWriter++;
      break;
    case WAIT_TIME:
      record.place = WAITING_TIME;
      waitingTime++;
      nextDeadline = min<u64>(nextDeadline, record.deadline);
      break;
    default:
      record.place = IDLE;
      if (writersLeft != 0) resumeWriters();
      break;
  }
}

/**
 * The host cancelled something, or says that a parked step can be repeated. Whoever waits for the fsync of a directory stays there,
 * because its leader shares what it reached only with those it finds waiting, and one that came back later would wait for ever.
 */
function attend(): void {
  attention = loadWord(control + CONTROL_ATTENTION);
  for (let index: u32 = 0; index < usedRecords; index++) {
    const record = recordAt(index);
    if (record.place == WAITING_READY && isReady(record)) push(record);
    else if (record.place > RUNNABLE && record.place != WAITING_SYNC && !record.ending && isCancelled(record)) leave(record);
  }
}

function isReady(record: Record): bool {
  const word = record.slot + SLOT_READY;
  if (loadWord(word) == 0) return false;
  storeWord(word, 0);
  return true;
}

function wake(place: u32): void {
  for (let index: u32 = 0; index < usedRecords; index++) {
    const record = recordAt(index);
    if (record.place == place) leave(record);
  }
}

function wakeDue(): void {
  const time = now();
  nextDeadline = NEVER;
  for (let index: u32 = 0; index < usedRecords; index++) {
    const record = recordAt(index);
    if (record.place != WAITING_TIME) continue;
    if (record.deadline <= time) leave(record);
    else nextDeadline = min<u64>(nextDeadline, record.deadline);
  }
}

/**
 * Some writers are free: whoever waits for one looks whether it is his, and begins there and then. If that were left to the queue, a request
 * that comes in meanwhile would overtake it.
 */
function resumeWriters(): void {
  forgetWritersLeft();
  const all = waitingWriter;
  let found: u32 = 0;
  for (let index: u32 = 0; index < usedRecords && found < all; index++) {
    const record = recordAt(index);
    if (record.place != WAITING_WRITER) continue;
    found++;
    waitingWriter--;
    record.place = RUNNABLE;
    advance(record);
  }
}

/** Somebody left a gate: whoever has waited longest there goes in. */
function wakeGates(): void {
  forgetGatesLeft();
  while (waitingGate != 0) {
    let first: Record | null = null;
    for (let index: u32 = 0; index < usedRecords; index++) {
      const record = recordAt(index);
      if (record.place != WAITING_GATE || !isGateFree(commitOf(record))) continue;
      if (first === null || cameBefore(commitOf(record), commitOf(first))) first = record;
    }
    if (first === null) return;
    letIn(commitOf(first));
    leave(first);
  }
}

/**
 * Those whose leader is through go on. The others have done all that must be done before their directory's fsync, and so has
 * everybody who came in with them: one of them begins it for each directory.
 */
function wakeSync(isIdle: bool): void {
  if (endedGroups != 0) {
    forgetEndedGroups();
    for (let index: u32 = 0; index < usedRecords; index++) {
      const record = recordAt(index);
      if (record.place == WAITING_SYNC && commitOf(record).state != DIRECTORY_JOIN) leave(record);
    }
  }
  // Whoever comes now can still come along; but those who wait must not wait for ever for the next one.
  if (!isIdle && ++heldTurns < HELD_TURNS_MAX) return;
  heldTurns = 0;
  let found: u32 = 0;
  const all = waitingSync;
  for (let index: u32 = 0; index < usedRecords && found < all; index++) {
    const record = recordAt(index);
    if (record.place != WAITING_SYNC) continue;
    found++;
    const commit = commitOf(record);
    if (commit.leader != 0) continue;
    follow(commit, index, all - found);
    leadSync(commit, index);
    leave(record);
  }
}

/** All behind the leader that wait for the same directory go with it. */
function follow(leader: Commit, leaderIndex: u32, left: u32): void {
  for (let index = leaderIndex + 1; index < usedRecords && left != 0; index++) {
    const record = recordAt(index);
    if (record.place != WAITING_SYNC) continue;
    left--;
    const commit = commitOf(record);
    if (commit.leader == 0 && isSameDirectory(leader, commit)) commit.leader = leaderIndex + 1;
  }
}

function leave(record: Record): void {
  if (record.place == WAITING_BUFFER) waitingBuffer--;
  if (record.place == WAITING_TIME) waitingTime--;
  if (record.place == WAITING_GATE) waitingGate--;
  if (record.place == WAITING_SYNC) waitingSync--;
  if (record.place == WAITING_WRITER) waitingWriter--;
  push(record);
}

function push(record: Record): void {
  record.place = RUNNABLE;
  record.next = 0;
  const index = record.index + 1;
  if (queueFirst == 0) queueFirst = index;
  else recordAt(queueLast - 1).next = index;
  queueLast = index;
}

function pop(): Record {
  const record = recordAt(queueFirst - 1);
  queueFirst = record.next;
  if (queueFirst == 0) queueLast = 0;
  return record;
}

/** Nanoseconds until something is to be done though nothing comes; -1 when there is nothing. */
function sleepNs(): i64 {
  const kept = isKept ? KEEPING_NS : -1;
  if (waitingTime == 0) return kept;
  const time = now();
  const timer = nextDeadline <= time ? 0 : i64(nextDeadline - time);
  return kept < 0 ? timer : min<i64>(timer, kept);
}
