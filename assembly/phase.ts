import { storeWord } from './atomics';
import { PHASE_MAY_HAVE_HAPPENED, SLOT_PHASE } from './layout';

/**
 * From the call after this on the effect of a request may have happened. Atomic, so that it comes before the look at whether this
 * instance was revoked: the host revokes first and reads the phase then, and one of the two sees the other.
 */
export function setMayHaveHappened(slot: usize): void {
  storeWord(slot + SLOT_PHASE, PHASE_MAY_HAVE_HAPPENED);
}
