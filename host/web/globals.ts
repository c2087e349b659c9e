import { Bytes } from './bytes.js';
import { PatientRegistry } from './collected.js';

// What the bundles for platforms without Node take in place of globals that may be missing there, or do less than in Node;
// `scripts/bundle-web.js` puts it in.

const platform = globalThis as unknown as Record<string, unknown>;

const BufferHere = (platform.Buffer ?? Bytes) as typeof Bytes;

export { BufferHere as Buffer, PatientRegistry as FinalizationRegistry };
