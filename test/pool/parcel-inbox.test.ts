import { once } from 'node:events';
import { constants, PerformanceObserver } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ParcelInbox } from '#host/pool/parcel-inbox';
import { WorkerStatus } from '#host/worker/status';

const PARCELS = 400;
const PARCEL_BYTES = 2 ** 20;
/** So many make V8 collect the young, where it has a limit for them and looks. */
const PARCELS_OF_V8 = 32;
const SENDER = `
	const { workerData } = require('node:worker_threads');
	for (let number = 1; number <= ${PARCELS}; number++) {
		const bytes = new Uint8Array(${PARCEL_BYTES});
		workerData.postMessage({ number, bytes }, [bytes.buffer]);
	}
`;

let port: MessagePort;
let status: WorkerStatus;
let inbox: ParcelInbox;
beforeEach(() => {
	const { port1, port2 } = new MessageChannel();
	port = port2;
	status = WorkerStatus.create();
	inbox = new ParcelInbox(port1, status);
});
afterEach(() => port.close());

function send(number: number, text: string, memoryBytes = 100): void {
	const bytes = Buffer.alloc(memoryBytes).subarray(0, text.length);
	bytes.write(text);
	const own = Buffer.from(new Uint8Array(bytes).buffer, 0, text.length);
	port.postMessage({ number, bytes: own }, [own.buffer]);
}

describe('ParcelInbox', () => {
	it('gives what was sent, once, in any order, and counts it', () => {
		for (const number of [1, 2, 3]) send(number, `parcel ${number}`);
		expect(inbox.take(3)?.toString()).toBe('parcel 3');
		expect(inbox.take(1)?.toString()).toBe('parcel 1');
		expect(inbox.take(1)).toBeUndefined();
		expect(inbox.take(2)?.toString()).toBe('parcel 2');
		expect(status.parcelsTaken).toBe(3);
	});

	it('has nothing that was not sent', () => {
		expect(inbox.take(1)).toBeUndefined();
		send(2, 'other');
		expect(inbox.take(1)).toBeUndefined();
		expect(inbox.take(2)?.toString()).toBe('other');
		expect(status.parcelsTaken).toBe(1);
	});

	it('lets go of what nobody will take, and counts that too', () => {
		for (const number of [1, 2, 3]) send(number, 'x');
		inbox.take(2);
		send(4, 'y');
		inbox.clear();
		expect([1, 3, 4].map((number) => inbox.take(number))).toEqual([undefined, undefined, undefined]);
		expect(status.parcelsTaken).toBe(4);
	});

	it('has what nobody uses any more collected with the young: it does not wait for the whole heap', async () => {
		const own = await youngCollections(() => {
			for (let count = 0; count < PARCELS; count++) Buffer.allocUnsafeSlow(PARCEL_BYTES);
		});
		// Made elsewhere: this thread would look when it made some.
		const sender = new Worker(SENDER, { eval: true, workerData: port, transferList: [port] });
		await once(sender, 'exit');
		let bytes = 0;
		const young = await youngCollections(() => {
			for (let number = 1; number <= PARCELS; number++) bytes += inbox.take(number)?.byteLength ?? 0;
		});
		expect(bytes).toBe(PARCELS * PARCEL_BYTES);
		expect(young).toBeGreaterThan(own);
		// From Node 24 on V8 collects none of them with the young, whoever made them.
		expect(young).toBeGreaterThan(PARCELS / PARCELS_OF_V8);
	});
});

/** How often V8 collects the young while some work is done. */
async function youngCollections(work: () => void): Promise<number> {
	setFlagsFromString('--expose-gc');
	const collect = runInNewContext('gc') as () => void;
	let young = 0;
	await new Promise<void>((resolve) => {
		const observer = new PerformanceObserver((list) => {
			for (const entry of list.getEntries()) {
				const { detail } = entry as unknown as { detail: { kind: number; flags: number } };
				if (detail.kind === constants.NODE_PERFORMANCE_GC_MINOR) young++;
				if ((detail.flags & constants.NODE_PERFORMANCE_GC_FLAGS_FORCED) === 0) continue;
				observer.disconnect();
				resolve();
			}
		});
		observer.observe({ entryTypes: ['gc'] });
		work();
		// Collections are told in their order, and a little later: with this one the others have been told.
		collect();
	});
	return young;
}
