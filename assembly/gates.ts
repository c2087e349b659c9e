import { Commit } from './commit-record';
import { nameHash } from './names';

// Requests of one instance that want the same lock wait for each other here, in order, before any of them asks the file
// system: a gate per hash of a name. Two names at one gate only wait for nothing; nobody is ever at two gates.

const GATES: u32 = 1024;
const table = memory.data(1024 * 4);
let tickets: u32 = 0;
/** Gates that were left and may have somebody waiting: a hint for the loop. */
export let gatesLeft: u32 = 0;

export function forgetGates(): void {
  memory.fill(table, 0, GATES * 4);
  tickets = 0;
  gatesLeft = 0;
}

/** True: this commit is through. False: it stands in the queue, and is let in when its turn comes. */
export function enterGate(commit: Commit): bool {
  commit.gate = nameHash(commit) & (GATES - 1);
  const word = table + commit.gate * 4;
  if (load<u32>(word) == 0) store<u32>(word, u32(changetype<usize>(commit)));
  if (holdsGate(commit)) return true;
  commit.ticket = ++tickets;
  return false;
}

export function holdsGate(commit: Commit): bool {
  return load<u32>(table + commit.gate * 4) == u32(changetype<usize>(commit));
}

export function leaveGate(commit: Commit): void {
  if (!holdsGate(commit)) return;
  store<u32>(table + commit.gate * 4, 0);
  gatesLeft++;
}

/** Whether nobody is in the gate that this commit waits for. */
export function isGateFree(commit: Commit): bool {
  return load<u32>(table + commit.gate * 4) == 0;
}

/** Lets a waiting commit in: it must be the one that has waited longest. */
export function letIn(commit: Commit): void {
  store<u32>(table + commit.gate * 4, u32(changetype<usize>(commit)));
}

/** Whether the first came before the second, also when the numbers have begun anew. */
export function cameBefore(first: Commit, second: Commit): bool {
  return i32(first.ticket - second.ticket) < 0;
}

export function forgetGatesLeft(): void {
  gatesLeft = 0;
}
