import { Bytes } from './bytes.js';

// What the bundles for platforms without Node take in place of globals that may be missing there; `scripts/bundle-web.js` puts it in.

const platform = globalThis as unknown as Record<string, unknown>;

const BufferHere = (platform.Buffer ?? Bytes) as typeof Bytes;

/** Where collections are not told, nothing is given back by itself. */
class NoRegistry {
	register(): void {}

	unregister(): void {}
}

const RegistryHere = (platform.FinalizationRegistry ?? NoRegistry) as typeof NoRegistry;

export { BufferHere as Buffer, RegistryHere as FinalizationRegistry };
