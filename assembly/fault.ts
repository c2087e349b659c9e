// The fault build: the engine, and faults that a test places in it. Never published.
export { poll, run, start } from './index';
import {
  CONTROL_FAULT,
  FAULT_COUNTDOWN,
  FAULT_KIND,
  FAULT_KIND_MEMORY,
  FAULT_KIND_OUT_OF_BOUNDS,
  FAULT_KIND_PANIC,
  FAULT_KIND_SPIN,
  FAULT_KIND_STACK_OVERFLOW,
  FAULT_KIND_UNREACHABLE,
  FAULT_OP,
  OP_FAULT,
} from './layout';
import { control } from './space';

/** Called before every step of every request; does what the fault block says when its count reaches 0. */
// @ts-ignore: decorator
@global
export function faultPoint(op: u32, kind: u32): void {
  if (op == OP_FAULT) return fault(kind);
  const block = control + CONTROL_FAULT;
  const countdown = load<u32>(block + FAULT_COUNTDOWN);
  if (countdown == 0) return;
  const wanted = load<u32>(block + FAULT_OP);
  if (wanted != 0 && wanted != op) return;
  store<u32>(block + FAULT_COUNTDOWN, countdown - 1);
  if (countdown == 1) fault(load<u32>(block + FAULT_KIND));
}

function fault(kind: u32): void {
  switch (kind) {
    case FAULT_KIND_UNREACHABLE:
      unreachable();
    case FAULT_KIND_OUT_OF_BOUNDS:
      store<u32>(usize(0xffff_fff0), 1);
      break;
    case FAULT_KIND_STACK_OVERFLOW:
      store<u32>(0, dive(1));
      break;
    case FAULT_KIND_PANIC:
      assert(false, 'a fault was asked for');
      break;
    case FAULT_KIND_SPIN:
      while (true) store<u32>(control + CONTROL_FAULT + 12, load<u32>(control + CONTROL_FAULT + 12) + 1);
    case FAULT_KIND_MEMORY:
      assert(memory.grow(65536) >= 0, 'memory is exhausted');
      break;
    default:
      break;
  }
}

/** Not a tail call, and nothing that an optimizer can unroll. */
function dive(depth: u32): u32 {
  store<u32>(control + CONTROL_FAULT + 12, depth);
  return dive(depth + 1) + load<u32>(control + CONTROL_FAULT + 12);
}
