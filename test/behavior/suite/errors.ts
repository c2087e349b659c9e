import { HoldfastError } from 'holdfast';
import { expect, it } from 'vitest';
import { type ErrorCode, expectCode } from '../expectations.js';
import { describeTopic, type Scene } from '../scene.js';
import type { ServiceUnderTest } from '../service.js';

interface ErrorCase {
	readonly code: ErrorCode;
	/** The method that was called; also what the error must tell as its operation. */
	readonly operation: string;
	/** The path that the error must tell, below the directory of the case. */
	readonly path: string;
	readonly attempt: (scene: Scene, directory: string) => Promise<unknown>;
}

/** In the directory of each case stand the files `file` and `other`, and the directory `full/` with the file `full/below`. */
const cases: readonly ErrorCase[] = [
	{ code: 'NotFound', operation: 'stat', path: 'missing', attempt: ({ calls }, at) => calls.stat(`${at}/missing`) },
	{ code: 'NotFound', operation: 'read', path: 'missing', attempt: ({ calls }, at) => calls.read(`${at}/missing`) },
	{
		code: 'NotFound',
		operation: 'read',
		path: 'missing',
		attempt: async ({ calls }, at) => (await calls.reader(`${at}/missing`)).read(Buffer.alloc(1)),
	},
	{
		code: 'NotFound',
		operation: 'copy',
		path: 'missing',
		attempt: ({ calls }, at) => calls.copy(`${at}/missing`, `${at}/new`),
	},
	{
		code: 'NotFound',
		operation: 'rename',
		path: 'missing',
		attempt: ({ calls }, at) => calls.rename(`${at}/missing`, `${at}/new`),
	},
	{ code: 'InvalidPath', operation: 'stat', path: 'a\0b', attempt: ({ calls }, at) => calls.stat(`${at}/a\0b`) },
	{ code: 'InvalidPath', operation: 'exists', path: 'a\0b', attempt: ({ calls }, at) => calls.exists(`${at}/a\0b`) },
	{ code: 'InvalidPath', operation: 'read', path: '../b', attempt: ({ calls }, at) => calls.read(`${at}/../b`) },
	{ code: 'InvalidPath', operation: 'reader', path: '../b', attempt: ({ calls }, at) => calls.reader(`${at}/../b`) },
	{ code: 'InvalidPath', operation: 'write', path: '../b', attempt: ({ calls }, at) => calls.write(`${at}/../b`, 'x') },
	{ code: 'InvalidPath', operation: 'writer', path: '../b', attempt: ({ calls }, at) => calls.writer(`${at}/../b`) },
	{
		code: 'InvalidPath',
		operation: 'createDir',
		path: '../b/',
		attempt: ({ calls }, at) => calls.createDir(`${at}/../b/`),
	},
	{ code: 'InvalidPath', operation: 'delete', path: '../b', attempt: ({ calls }, at) => calls.delete(`${at}/../b`) },
	{ code: 'InvalidPath', operation: 'remove', path: '../b', attempt: ({ calls }, at) => calls.remove([`${at}/../b`]) },
	{
		code: 'InvalidPath',
		operation: 'removeAll',
		path: '../b',
		attempt: ({ calls }, at) => calls.removeAll(`${at}/../b`),
	},
	{ code: 'InvalidPath', operation: 'list', path: '../b', attempt: ({ calls }, at) => calls.list(`${at}/../b`) },
	{ code: 'InvalidPath', operation: 'lister', path: '../b', attempt: ({ calls }, at) => calls.lister(`${at}/../b`) },
	{
		code: 'InvalidPath',
		operation: 'copy',
		path: '../b',
		attempt: ({ calls }, at) => calls.copy(`${at}/../b`, `${at}/new`),
	},
	{
		code: 'InvalidPath',
		operation: 'rename',
		path: '../b',
		attempt: ({ calls }, at) => calls.rename(`${at}/file`, `${at}/../b`),
	},
	{ code: 'IsADirectory', operation: 'read', path: 'full', attempt: ({ calls }, at) => calls.read(`${at}/full`) },
	{
		code: 'IsADirectory',
		operation: 'write',
		path: 'full',
		attempt: ({ calls }, at) => calls.write(`${at}/full`, 'x'),
	},
	{
		code: 'IsADirectory',
		operation: 'write',
		path: 'new/',
		attempt: ({ calls }, at) => calls.write(`${at}/new/`, 'x'),
	},
	{
		code: 'NotADirectory',
		operation: 'createDir',
		path: 'new',
		attempt: ({ calls }, at) => calls.createDir(`${at}/new`),
	},
	{
		code: 'NotADirectory',
		operation: 'write',
		path: 'file/below',
		attempt: ({ calls }, at) => calls.write(`${at}/file/below`, 'x'),
	},
	{ code: 'NotEmpty', operation: 'delete', path: 'full/', attempt: ({ calls }, at) => calls.delete(`${at}/full/`) },
	{ code: 'NotEmpty', operation: 'remove', path: 'full/', attempt: ({ calls }, at) => calls.remove([`${at}/full/`]) },
	{
		code: 'IsSameFile',
		operation: 'copy',
		path: 'file',
		attempt: ({ calls }, at) => calls.copy(`${at}/file`, `${at}/file`),
	},
	{
		code: 'IsSameFile',
		operation: 'rename',
		path: 'file',
		attempt: ({ calls }, at) => calls.rename(`${at}/file`, `${at}/file`),
	},
	{
		code: 'ConditionNotMatch',
		operation: 'write',
		path: 'file',
		attempt: ({ calls }, at) => calls.write(`${at}/file`, 'x', { ifNotExists: true }),
	},
	{
		code: 'RangeNotSatisfied',
		operation: 'read',
		path: 'file',
		attempt: ({ calls }, at) => calls.read(`${at}/file`, { offset: 0n, size: 1000n }),
	},
	{
		code: 'Unsupported',
		operation: 'delete',
		path: 'file',
		attempt: ({ calls }, at) => calls.delete(`${at}/file`, { version: 'no service here keeps versions' }),
	},
	{
		code: 'Cancelled',
		operation: 'read',
		path: 'file',
		attempt: ({ calls }, at) => calls.read(`${at}/file`, { signal: AbortSignal.abort() }),
	},
];

/** Every error tells its code, the operation and the path, in fields and in words. */
export function errorBehavior(service: ServiceUnderTest): void {
	describeTopic(service, 'HoldfastError', (scene) => {
		for (const { code, operation, path, attempt } of cases) {
			it(`of ${operation} of ${JSON.stringify(path)} is ${code}, and tells so`, async () => {
				const directory = scene.fresh();
				for (const name of ['file', 'other', 'full/below']) await scene.op.write(`${directory}/${name}`, 'content');
				const error = await expectCode(attempt(scene, directory), code);
				expect(error.path).toBe(`${directory}/${path}`);
				// The synchronous twin may be named as what it is.
				expect([operation, scene.calls.symbol(operation)]).toContain(error.operation);
				expect(error.message.length, 'the message says more than its code').toBeGreaterThan(code.length + 10);
				expect(error.stack).toContain(error.message.split('\n')[0]);
			});
		}

		it('is an Error with a name, and its fields are there to read', async () => {
			const error = await expectCode(scene.calls.read('missing'), 'NotFound');
			expect(error).toBeInstanceOf(HoldfastError);
			expect(error).toBeInstanceOf(Error);
			expect(error.name).toBe('HoldfastError');
			expect(error.retryable).toBe(false);
			expect('cause' in error).toBe(true);
			expect(String(error)).toContain('NotFound');
		});

		it('shows the line that made the call in its stack', async () => {
			const error = await expectCode(missingFileIsRead(scene), 'NotFound');
			expect(error.stack).toContain('missingFileIsRead');
		});
	});
}

async function missingFileIsRead(scene: Scene): Promise<void> {
	await scene.calls.read('missing');
}
