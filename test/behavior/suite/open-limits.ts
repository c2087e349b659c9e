import { HoldfastError } from 'holdfast';
import { expect, it } from 'vitest';
import { patternBytes } from '../bytes.js';
import type { ReaderCalls, WriterCalls } from '../calls.js';
import { expectBytes, expectCode } from '../expectations.js';
import { describeScene, describeTopic, Scene } from '../scene.js';
import type { ServiceUnderTest } from '../service.js';

const MOST = 3;
const BUFFER_BYTES = 65536;
const OPTIONS = { maxReaders: MOST, maxWriters: MOST, bufferBytes: BUFFER_BYTES };
const CONTENT = 'content';
const ATTEMPTS = 500;

/** How much may be open at a time: `maxReaders` and `maxWriters`. */
export function openLimitBehavior(service: ServiceUnderTest): void {
	/** Every case has an operator of its own, in which there is room for as many again when it has ended. */
	const withStore = async (flavour: Scene['flavour'], run: (scene: Scene) => Promise<void>): Promise<void> => {
		const scene = new Scene(flavour);
		await scene.open(service, OPTIONS);
		try {
			await scene.op.write('file', CONTENT);
			await run(scene);
			for (const reader of await openReaders(scene)) await reader.close();
			for (const writer of await openWriters(scene)) await writer.abort();
		} finally {
			await scene.close();
		}
	};

	describeTopic(service, 'maxReaders and maxWriters', ({ flavour }) => {
		it('readers up to the limit are open, one more is RateLimited, and a closed one makes room', () =>
			withStore(flavour, async (scene) => {
				const readers = await openReaders(scene);
				await expectLimit(openReader(scene), 'maxReaders', 'file');
				// What opens nothing for its caller goes on.
				expectBytes(await scene.calls.read('file'), CONTENT);
				expect((await scene.calls.stat('file')).contentLength).toBe(BigInt(CONTENT.length));
				await readers[0].close();
				readers[0] = await openReader(scene);
				for (const reader of readers) await reader.close();
			}));

		it('a reader that was refused can be read from once there is room', () =>
			withStore(flavour, async (scene) => {
				const readers = await openReaders(scene);
				const late = await scene.calls.reader('file');
				await expectLimit(late.read(Buffer.alloc(1)), 'maxReaders', 'file');
				await readers[0].close();
				expect(await late.read(Buffer.alloc(100))).toBe(BigInt(CONTENT.length));
				for (const reader of [...readers, late]) await reader.close();
			}));

		it('a directory in listing counts as a reader, and a refused listing leaves nothing open', () =>
			withStore(flavour, async (scene) => {
				await scene.calls.createDir('a/b/c/d/e/');
				const paths = async () => (await scene.calls.list('/', { recursive: true })).map((entry) => entry.path());
				// With all pages of a directory read it is closed: none of these keeps more than one open at a time.
				expect(await paths()).toContain('a/b/c/d/e/');
				const readers = await openReaders(scene);
				await expectCode(scene.calls.list('/'), 'RateLimited');
				for (const reader of readers) await reader.close();
				expect(await paths()).toContain('a/b/c/d/e/');
			}));

		it('writers up to the limit are open, one more is RateLimited, and a closed or aborted one makes room', () =>
			withStore(flavour, async (scene) => {
				const writers = await openWriters(scene);
				await expectLimit(scene.calls.writer('more'), 'maxWriters', 'more');
				// What fits a request needs no writer; what does not has one while it lasts.
				const large = patternBytes(BUFFER_BYTES + 1, 1);
				await scene.calls.write('small', large.subarray(1));
				await expectCode(scene.calls.write('large', large), 'RateLimited');
				expect(await scene.calls.exists('large')).toBe(false);
				await writers[0].close();
				await scene.calls.write('large', large);
				await writers[1].abort();
				const [d, e] = [await scene.calls.writer('d'), await scene.calls.writer('e')];
				for (const writer of [writers[2], d, e]) await writer.close();
			}));

		it('what cannot be opened does not count', () =>
			withStore(flavour, async (scene) => {
				await scene.calls.createDir('directory/');
				for (let index = 0; index < 2 * MOST; index++) {
					const reader = await scene.calls.reader('missing');
					await expectCode(reader.read(Buffer.alloc(1)), 'NotFound');
					await expectCode(scene.calls.writer('directory'), 'IsADirectory');
				}
			}));
	});

	describeScene(service, 'maxReaders and maxWriters, many at once', 'async', ({ flavour }) => {
		it('a burst does not get past the limit', () =>
			withStore(flavour, async (scene) => {
				const readers = await settled(Array.from({ length: 20 }, () => openReader(scene)));
				expect(readers.length).toBe(MOST);
				const writers = await settled(Array.from({ length: 20 }, (_, index) => scene.calls.writer(`burst ${index}`)));
				expect(writers.length).toBe(MOST);
				for (const reader of readers) await reader.close();
				for (const writer of writers) await writer.abort();
			}));

		it('an abort on the way gives its place back', () =>
			withStore(flavour, async (scene) => {
				for (let index = 0; index < 2 * MOST; index++) {
					const controller = new AbortController();
					const opening = scene.op.writer(`aborted ${index}`, { signal: controller.signal });
					controller.abort();
					await expectCode(opening, 'Cancelled');
				}
				const writers = await inTurn(MOST, (index) => whenThereIsRoom(() => scene.calls.writer(`later ${index}`)));
				for (const writer of writers) await writer.abort();
			}));
	});
}

async function openReader({ calls }: Scene): Promise<ReaderCalls> {
	const reader = await calls.reader('file');
	// Opening is left to the first read.
	await reader.read(Buffer.alloc(1));
	return reader;
}

function openReaders(scene: Scene): Promise<ReaderCalls[]> {
	return inTurn(MOST, () => openReader(scene));
}

function openWriters({ calls }: Scene): Promise<WriterCalls[]> {
	return inTurn(MOST, (index) => calls.writer(`writer ${index}`));
}

async function inTurn<Opened>(count: number, open: (index: number) => Promise<Opened>): Promise<Opened[]> {
	const opened = [];
	for (let index = 0; index < count; index++) opened.push(await open(index));
	return opened;
}

/** What was cancelled is put away behind its caller's back. */
async function whenThereIsRoom<Opened>(open: () => Promise<Opened>): Promise<Opened> {
	for (let attempt = 1; ; attempt++) {
		try {
			return await open();
		} catch (error) {
			if (!(error instanceof HoldfastError) || error.code !== 'RateLimited' || attempt === ATTEMPTS) throw error;
			await new Promise((resolve) => setTimeout(resolve, 10));
		}
	}
}

/** Those that were opened; the others were told that they are too many. */
async function settled<Opened>(calls: readonly Promise<Opened>[]): Promise<Opened[]> {
	const results = await Promise.allSettled(calls);
	for (const result of results) {
		if (result.status === 'rejected') await expectCode(Promise.reject(result.reason), 'RateLimited');
	}
	return results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
}

async function expectLimit(call: Promise<unknown>, option: string, path: string): Promise<void> {
	const error = await expectCode(call, 'RateLimited');
	expect(error.retryable).toBe(true);
	expect(error.path).toBe(path);
	expect(error.message).toContain(option);
}
