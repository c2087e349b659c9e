import { fileURLToPath } from 'node:url';
import { type BuildOptions, build } from 'esbuild';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/**
 * Bundles a program that runs the behaviour suite in another runtime: a file of this folder, or any other path. `vitest` becomes the
 * runner beside this file; `holdfast` stays an import that the runtime resolves, as its users would, unless `alias` says
 * otherwise.
 *
 * @example
 * await bundleBehavior('command.ts', { outfile: `${folder}/behavior.mjs` });
 * // then, where the packed package is installed: deno run --allow-all behavior.mjs fs memory
 */
export async function bundleBehavior(entry: string, options: BuildOptions): Promise<string> {
	const { alias, external = [], ...rest } = options;
	const isOutside = alias === undefined || !('holdfast' in alias);
	const result = await build({
		entryPoints: [entry.startsWith('/') ? entry : here(entry)],
		bundle: true,
		format: 'esm',
		platform: 'node',
		target: 'es2023',
		logLevel: 'warning',
		alias: { vitest: here('runner.ts'), ...alias },
		external: [...external, ...(isOutside ? ['holdfast'] : [])],
		write: options.outfile !== undefined,
		...rest,
	});
	return result.outputFiles?.[0]?.text ?? '';
}
