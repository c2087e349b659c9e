import { describe, expect, it } from 'vitest';
import {
	ERRNO_AGAIN,
	ERRNO_FBIG,
	ERRNO_IO,
	ERRNO_SUCCESS,
	FLAG_PARCEL,
	FLAG_SUFFIX,
	OP_READ,
	OP_WRITE,
	OP_WRITER_OPEN,
} from '#assembly/layout';
import { Access } from '#host/wasi/files';
import { emptyStore, InlineEngine } from './inline-engine.ts';

// A host that gives a small file in one call: what the engine makes of its answers.

/** Answers `file_read` with an errno and what comes back behind its last pointer. */
function answer(engine: InlineEngine, errno: number, out: number, content = ''): void {
	engine.intercept = (name, values) => {
		if (name !== 'file_read') return undefined;
		const [, , , buffer, , result] = values as number[];
		engine.ring.bytes.write(content, buffer, 'latin1');
		engine.ring.bytes.writeUInt32LE(out, result);
		return errno;
	};
}

describe('file_read', () => {
	it('that succeeds is the only call of a read', () => {
		const engine = new InlineEngine();
		answer(engine, ERRNO_SUCCESS, 5, 'small');
		expect(String(engine.run(OP_READ, 'file').bytes)).toBe('small');
		expect(engine.calls.filter((name) => name !== 'sched_yield')).toEqual(['file_read']);
	});

	it('says that there is no parcel, whatever stood in its slot before', () => {
		const engine = new InlineEngine();
		expect(engine.run(OP_WRITER_OPEN, 'other').handle).toBeGreaterThan(0);
		answer(engine, ERRNO_SUCCESS, 5, 'small');
		expect(engine.run(OP_READ, 'file', { flags: FLAG_PARCEL })).toMatchObject({ status: ERRNO_SUCCESS, handle: 0 });
	});

	it('that does not fit is gone on with at the descriptor that came back, which is closed in the end', () => {
		const store = emptyStore();
		const engine = new InlineEngine({ store });
		const data = Buffer.alloc(60_000, 'large ');
		engine.run(OP_WRITE, 'file', { data });
		const fd = store.files.open(store.root, 'file', 0, Access.read);
		answer(engine, ERRNO_FBIG, fd);
		engine.calls.length = 0;
		expect(engine.run(OP_READ, 'file').bytes.equals(data)).toBe(true);
		expect(engine.calls).not.toContain('path_open');
		expect(store.files.kind(fd)).toBeLessThan(0);
	});

	it('that fails is the failure of the read', () => {
		const engine = new InlineEngine();
		answer(engine, ERRNO_IO, 0);
		expect(engine.run(OP_READ, 'file').status).toBe(ERRNO_IO);
	});

	it('that is not ready is repeated', () => {
		const engine = new InlineEngine();
		let refusals = 3;
		engine.intercept = (name, values) => {
			if (name !== 'file_read') return undefined;
			engine.ring.bytes.writeUInt32LE(0, (values as number[])[5]);
			if (refusals-- === 0) return ERRNO_SUCCESS;
			engine.ring.ready(engine.ring.current);
			return ERRNO_AGAIN;
		};
		expect(engine.run(OP_READ, 'file')).toMatchObject({ status: ERRNO_SUCCESS, total: 0 });
		expect(engine.calls.filter((name) => name === 'file_read')).toHaveLength(4);
	});

	it('that claims more than there was room for is not believed', () => {
		const engine = new InlineEngine();
		answer(engine, ERRNO_SUCCESS, 0x7fff_ffff);
		expect(engine.run(OP_READ, 'file').bytes.length).toBe(engine.plan.slotDataBytes);
	});

	it('is not asked for a part of a file', () => {
		const engine = new InlineEngine();
		engine.run(OP_WRITE, 'file', { data: Buffer.from('content') });
		engine.calls.length = 0;
		expect(String(engine.run(OP_READ, 'file', { offset: 3 }).bytes)).toBe('tent');
		expect(String(engine.run(OP_READ, 'file', { length: 3 }).bytes)).toBe('con');
		expect(String(engine.run(OP_READ, 'file', { offset: 2, flags: FLAG_SUFFIX }).bytes)).toBe('nt');
		expect(engine.calls).not.toContain('file_read');
	});
});
