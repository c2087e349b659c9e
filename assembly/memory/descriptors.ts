import { ERRNO_MFILE } from '../layout';
import { Entry } from './entries';
import { Node } from './node';

// Open descriptors. A number carries a serial beside its place in the table, so that a stale one finds nothing.

/** Descriptors that can be open together: twice as many as readers by default, since what is written has some too. */
const COUNT: u32 = 16384;
const BYTES: u32 = 32;
export const DESCRIPTORS_BYTES: u32 = COUNT * BYTES;
const INDEX_BITS: u32 = 16;
const SERIAL_MAX: u32 = 0x7fff;

export const ACCESS_READ: u32 = 0;
export const ACCESS_WRITE: u32 = 1;
export const ACCESS_APPEND: u32 = 2;

@unmanaged
export class Descriptor {
  /** Place of the entry that was listed last. */
  cookie: u64;
  /** That entry; 0: the listing begins with the first one. */
  entry: usize;
  /** What it is open at; 0 while it is free. */
  node: usize;
  /** One of ACCESS_. */
  access: u32;
  serial: u32;
  /** Number of the engine that opened it. */
  owner: u32;
  /** While it is free, the free one behind it: index + 1. */
  next: u32;
}

let table: usize = 0;
/** Index + 1 of the first free one that was in use. */
let free: u32 = 0;
/** How many ever were. */
let used: u32 = 0;
let owner: u32 = 0;

export function openDescriptors(at: usize): void {
  table = at;
}

/** From now on this engine opens. */
export function setOwner(incarnation: u32): void {
  owner = incarnation;
}

/** A descriptor that is open at the node, or minus an error number. */
export function insertDescriptor(node: Node, access: u32): i32 {
  let index = free;
  if (index != 0) free = at(--index).next;
  else if (used == COUNT) return -ERRNO_MFILE;
  else index = used++;
  const made = at(index);
  // Never 0: no descriptor has the number 0.
  made.serial = made.serial == SERIAL_MAX ? 1 : made.serial + 1;
  made.node = changetype<usize>(node);
  made.access = access;
  made.owner = owner;
  made.entry = 0;
  made.cookie = 0;
  node.opens++;
  return numberOf(index);
}

/** What a number stands for, or null. */
export function descriptorOf(fd: i32): Descriptor | null {
  const index = indexOf(fd);
  if (index >= used) return null;
  const found = at(index);
  return found.node != 0 && numberOf(index) == fd ? found : null;
}

export function removeDescriptor(fd: i32, opened: Descriptor): void {
  changetype<Node>(opened.node).opens--;
  opened.node = 0;
  opened.next = free;
  free = indexOf(fd) + 1;
}

/** An entry goes: listings of its directory that stand at it go on from the one before. */
export function stepBack(entry: Entry): void {
  if (changetype<Node>(entry.directory).opens == 0) return;
  for (let index: u32 = 0; index < used; index++) {
    const opened = at(index);
    if (opened.node == entry.directory && opened.entry == changetype<usize>(entry)) opened.entry = entry.previous;
  }
}

/** The first descriptor that an engine opened, after one of them or from 0 on; 0 when there is none. */
export function nextOwned(incarnation: u32, after: i32): i32 {
  for (let index: u32 = after == 0 ? 0 : indexOf(after) + 1; index < used; index++) {
    const opened = at(index);
    if (opened.node != 0 && opened.owner == incarnation) return numberOf(index);
  }
  return 0;
}

function indexOf(fd: i32): u32 {
  return u32(fd) & ((1 << INDEX_BITS) - 1);
}

function at(index: u32): Descriptor {
  return changetype<Descriptor>(table + index * BYTES);
}

function numberOf(index: u32): i32 {
  return i32((at(index).serial << INDEX_BITS) | index);
}
