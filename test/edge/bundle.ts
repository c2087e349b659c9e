import { fileURLToPath } from 'node:url';
import type { BuildOptions } from 'esbuild';
import { bundleBehavior } from '../behavior/portable/bundle.js';

export const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Bundles a program of this folder for a platform without Node, over the published bundle of `holdfast/edge`. */
export function bundleForEdge(entry: string, options: BuildOptions = {}): Promise<string> {
	const { alias, ...rest } = options;
	return bundleBehavior(here(entry), {
		platform: 'neutral',
		inject: [here('shims/buffer.ts')],
		alias: {
			holdfast: here('../../build/web/edge.js'),
			'holdfast/edge': here('../../build/web/edge.js'),
			'node:stream': here('shims/stream.ts'),
			'node:stream/consumers': here('shims/consumers.ts'),
			'node:stream/promises': here('shims/promises.ts'),
			'node:events': here('shims/events.ts'),
			...alias,
		},
		...rest,
	});
}
