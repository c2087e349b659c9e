import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ERRNO_AGAIN } from '#assembly/layout';
import { parseInlineOptions } from '#host/inline/options';
import { Operator } from '#host/operator/operator';
import { openTreeStore } from '#host/services/tree-store';
import type { TreeNode } from '#host/tree/node';
import type { TreeStorage } from '#host/tree/storage';
import { here } from './bundle.js';

// What docs/adding-a-host.md tells, done once: a storage that knows nothing of the engine, and nothing else was changed for it.

/** Every file is one array, and every read has to be asked for twice. */
class ToyStorage implements TreeStorage {
	readonly #files = new Map<TreeNode, Uint8Array>();
	readonly #fetched = new Set<TreeNode>();
	readonly #ready: () => void;
	changes = 0;

	constructor(ready: () => void) {
		this.#ready = ready;
	}

	read(node: TreeNode, bytes: Uint8Array, position: number): number {
		if (!this.#fetched.delete(node)) {
			setTimeout(() => {
				this.#fetched.add(node);
				this.#ready();
			}, 1);
			return -ERRNO_AGAIN;
		}
		bytes.set(this.#bytes(node, position + bytes.length).subarray(position, position + bytes.length));
		return bytes.length;
	}

	write(node: TreeNode, bytes: Uint8Array, position: number): number {
		this.#bytes(node, position + bytes.length).set(bytes, position);
		return bytes.length;
	}

	resize(node: TreeNode, size: number): number {
		this.#files.set(node, this.#bytes(node, size).slice(0, size));
		return 0;
	}

	drop(node: TreeNode): void {
		this.#files.delete(node);
	}

	record(changes: readonly unknown[]): void {
		this.changes += changes.length;
	}

	sync(): number {
		return 0;
	}

	/** What the file has, with zeros up to `size`. */
	#bytes(node: TreeNode, size: number): Uint8Array {
		const bytes = this.#files.get(node) ?? new Uint8Array(0);
		if (bytes.length >= size) return bytes;
		const longer = new Uint8Array(size);
		longer.set(bytes);
		this.#files.set(node, longer);
		return longer;
	}
}

describe('a host that was added as the documentation says', () => {
	let storage: ToyStorage;
	let op: Operator;

	beforeAll(() => {
		const module = new WebAssembly.Module(readFileSync(here('../../build/engine.unshared.wasm')));
		op = Operator.fromStore(
			openTreeStore('toy', parseInlineOptions({ module }), {
				mayPark: true,
				volatile: true,
				open(ready) {
					storage = new ToyStorage(ready);
					return { storage };
				},
			}),
		);
	});

	afterAll(() => op.close());

	it('stores, reads, lists and removes', async () => {
		await op.write('dir/file', 'content');
		await op.write('dir/large', new Uint8Array(700_000).fill(7));
		await op.write('dir/file', ' and more', { append: true });
		expect(await op.readText('dir/file')).toBe('content and more');
		expect((await op.read('dir/large')).every((byte) => byte === 7)).toBe(true);
		await op.copy('dir/large', 'copy');
		await op.rename('copy', 'moved');
		expect((await op.list('/', { recursive: true })).map((entry) => entry.path())).toEqual([
			'/',
			'dir/',
			'dir/file',
			'dir/large',
			'moved',
		]);
		await op.removeAll('/');
		expect(await op.exists('dir/file')).toBe(false);
		expect(storage.changes).toBeGreaterThan(10);
	});

	it('cannot answer a blocking call, and says so', () => {
		expect(() => op.readSync('dir/file')).toThrow(/Unsupported: this call would have to wait/);
	});
});
