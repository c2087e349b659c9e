import { parseInteger, type RawOptions } from '../config.js';
import { MemoryHome } from '../inline/memory-home.js';
import { parseInlineOptions } from '../inline/options.js';
import { InlinePool } from '../inline/pool.js';
import { inlineStore } from './inline-store.js';
import type { WebService } from './web-service.js';

const MEBIBYTE = 1024 ** 2;
const DEFAULT_MAXIMUM_BYTES = 64 * MEBIBYTE;
const MAXIMUM_BYTES_MOST = 2 ** 32 - MEBIBYTE;

/** Files in the memory of this thread; every operator has a store of its own, which ends with it. */
export const memory: WebService = {
	scheme: 'memory',
	optionNames: ['root', 'maximumBytes'],
	open(raw: RawOptions) {
		const wanted = raw.maximumBytes ?? DEFAULT_MAXIMUM_BYTES;
		const maximumBytes = parseInteger('maximumBytes', wanted, MEBIBYTE, MAXIMUM_BYTES_MOST);
		const options = parseInlineOptions(raw);
		const home = new MemoryHome(options.module, maximumBytes);
		const pool = new InlinePool(options, () => home);
		return inlineStore('memory', pool, home.root, true, () => pool.close());
	},
};
