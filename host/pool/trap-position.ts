import { existsSync, readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';

const maps = new Map<string, SourceMap | undefined>();

/**
 * Frames of the engine in a stack carry offsets in the module, and its source map knows their positions: the innermost one that it
 * knows. The prologue of a function, where a stack overflows, belongs to no line.
 */
export function mapPosition(stack: string, modulePath: string): string | undefined {
	for (const [, offset] of stack.matchAll(/wasm-function\[\d+\]:0x([0-9a-f]+)/g)) {
		if (!maps.has(modulePath)) maps.set(modulePath, loadMap(`${modulePath}.map`));
		const entry = maps.get(modulePath)?.findEntry(0, Number.parseInt(offset, 16));
		if (entry === undefined || !('originalSource' in entry) || entry.originalSource === undefined) continue;
		return `${entry.originalSource}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
	}
	return undefined;
}

function loadMap(path: string): SourceMap | undefined {
	return existsSync(path) ? new SourceMap(JSON.parse(readFileSync(path, 'utf8'))) : undefined;
}
