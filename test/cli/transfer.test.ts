import { Operator } from 'holdfast';
import { expect, test } from 'vitest';
import { storeStream } from '#host/import/store-file';
import { useScratch } from './scratch.js';

const scratch = useScratch();

async function* failing(): AsyncGenerator<Uint8Array> {
	yield Buffer.alloc(3_000_000);
	throw new Error('the source broke');
}

test('storeStream leaves nothing behind when its source fails, also while the store stays open', async () => {
	await using op = new Operator('fs', { root: scratch.path });
	await expect(storeStream(op, failing(), 'file', {})).rejects.toThrow('the source broke');
	expect(scratch.files('.')).toEqual([]);
});

test('storeStream leaves nothing behind when it is cancelled', async () => {
	await using op = new Operator('fs', { root: scratch.path });
	const controller = new AbortController();
	async function* source(): AsyncGenerator<Uint8Array> {
		yield Buffer.alloc(3_000_000);
		controller.abort(new Error('enough'));
		yield Buffer.alloc(3_000_000);
	}
	await expect(storeStream(op, source(), 'file', { signal: controller.signal })).rejects.toThrow('enough');
	expect(scratch.files('.')).toEqual([]);
});
