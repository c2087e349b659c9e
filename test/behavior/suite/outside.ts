import { expect, it } from 'vitest';
import { patternBytes } from '../bytes.js';
import { expectBytes, expectCode, pathsOf } from '../expectations.js';
import { describeTopic, type Scene } from '../scene.js';
import type { Outside, ServiceUnderTest } from '../service.js';

type Run = (outside: Outside, directory: string) => Promise<void>;
type Attempt = (scene: Scene, path: string, directory: string) => Promise<unknown>;

/** What must be refused for a path that is a symlink or a special file, or leads through a symlink. */
const attempts: Readonly<Record<string, Attempt>> = {
	stat: ({ calls }, path) => calls.stat(path),
	read: ({ calls }, path) => calls.read(path),
	'read of a range': ({ calls }, path) => calls.read(path, { offset: 1n, size: 1n }),
	reader: async ({ calls }, path) => (await calls.reader(path)).read(Buffer.alloc(10)),
	write: ({ calls }, path) => calls.write(path, 'overwritten'),
	'write with append': ({ calls }, path) => calls.write(path, 'appended', { append: true }),
	writer: async ({ calls }, path) => {
		const writer = await calls.writer(path);
		await writer.write('overwritten');
		await writer.close();
	},
	createDir: ({ calls }, path) => calls.createDir(`${path}/`),
	'copy from': ({ calls }, path, directory) => calls.copy(path, `${directory}/new`),
	'copy to': ({ calls }, path, directory) => calls.copy(`${directory}/plain`, path),
	'rename from': ({ calls }, path, directory) => calls.rename(path, `${directory}/new`),
	'rename to': ({ calls }, path, directory) => calls.rename(`${directory}/plain`, path),
};

/** What other programs do in the same root: their files, links and special files. Only services with a root have this. */
export function outsideBehavior(service: ServiceUnderTest): void {
	describeTopic(service, 'other programs in the root', (scene) => {
		const withOutside = (run: Run) => async (context: { skip(note?: string): never }) => {
			const { outside } = scene;
			if (outside === null) return context.skip('nobody else can reach the content of this service');
			const directory = scene.fresh();
			outside.makeDirectory(directory);
			outside.write(`${directory}/plain`, 'plain');
			await run(outside, directory);
		};
		const refused = async (path: string, directory: string): Promise<void> => {
			const deviations: string[] = [];
			for (const [method, attempt] of Object.entries(attempts)) {
				const answer = await attempt(scene, path, directory).then(
					() => 'accepted',
					(error: { code?: string }) => error.code ?? String(error),
				);
				if (answer !== 'InvalidPath') deviations.push(`${method}: ${answer}`);
			}
			expect(deviations.join('\n')).toBe('');
			expectBytes(await scene.op.read(`${directory}/plain`), 'plain');
			expect(await scene.op.exists(`${directory}/new`)).toBe(false);
		};

		it(
			'make files that are read and listed, and whose changes are seen at once',
			withOutside(async (outside, directory) => {
				expectBytes(await scene.calls.read(`${directory}/plain`), 'plain');
				outside.write(`${directory}/plain`, 'changed in place');
				expectBytes(await scene.calls.read(`${directory}/plain`), 'changed in place');
				outside.makeDirectory(`${directory}/deep`);
				outside.write(`${directory}/deep/below`, 'below');
				const paths = ['', 'deep/', 'deep/below', 'plain'].map((name) => `${directory}/${name}`);
				expect(pathsOf(await scene.calls.list(`${directory}/`, { recursive: true }))).toEqual(paths);
			}),
		);

		it(
			'see what was written here, under the same name',
			withOutside(async (outside, directory) => {
				await scene.calls.write(`${directory}/deep/file`, patternBytes(100_000));
				expectBytes(outside.read(`${directory}/deep/file`), patternBytes(100_000));
			}),
		);

		it(
			'may remove, replace and move a directory that was in use',
			withOutside(async (outside, directory) => {
				await scene.calls.write(`${directory}/deep/file`, 'first');
				outside.remove(`${directory}/deep`);
				await expectCode(scene.calls.read(`${directory}/deep/file`), 'NotFound');
				await scene.calls.write(`${directory}/deep/file`, 'second');
				expectBytes(outside.read(`${directory}/deep/file`), 'second');
				outside.rename(`${directory}/deep`, `${directory}/moved`);
				await expectCode(scene.calls.stat(`${directory}/deep/file`), 'NotFound');
				expectBytes(await scene.calls.read(`${directory}/moved/file`), 'second');
				await scene.calls.write(`${directory}/deep/file`, 'third');
				expectBytes(outside.read(`${directory}/deep/file`), 'third');
				expectBytes(outside.read(`${directory}/moved/file`), 'second');
			}),
		);

		it(
			'find that replacing a file keeps its mode',
			withOutside(async (outside, directory) => {
				const path = `${directory}/plain`;
				for (const mode of [0o600, 0o640, 0o664, 0o755, 0o444]) {
					outside.setMode(path, mode);
					await scene.calls.write(path, 'by write');
					expect(outside.mode(path).toString(8)).toBe(mode.toString(8));
					const writer = await scene.calls.writer(path);
					await writer.write('by a writer');
					await writer.close();
					expect(outside.mode(path).toString(8)).toBe(mode.toString(8));
				}
			}),
		);

		it(
			'find that replacing a file keeps its owner where that is permitted',
			withOutside(async (outside, directory) => {
				const path = `${directory}/plain`;
				if (!outside.setOwner(path, 12_345)) return;
				await scene.calls.write(path, 'new');
				expect(outside.owner(path)).toBe(12_345);
			}),
		);

		it(
			'may take permissions away, and the calls then say PermissionDenied',
			withOutside(async (outside, directory) => {
				await scene.calls.write(`${directory}/locked/file`, 'x');
				if (!outside.deny(`${directory}/plain`) || !outside.deny(`${directory}/locked`)) return;
				try {
					const error = await expectCode(scene.calls.read(`${directory}/plain`), 'PermissionDenied');
					expect(error.path).toBe(`${directory}/plain`);
					await expectCode(scene.calls.read(`${directory}/locked/file`), 'PermissionDenied');
					await expectCode(scene.calls.write(`${directory}/locked/new`, 'x'), 'PermissionDenied');
				} finally {
					outside.setMode(`${directory}/locked`, 0o755);
				}
			}),
		);

		it(
			'cannot offer a symlink to a file: every method says InvalidPath, and the file stays as it is',
			withOutside(async (outside, directory) => {
				outside.write(`${directory}/target`, 'target');
				outside.symlink('target', `${directory}/link`);
				await refused(`${directory}/link`, directory);
				expectBytes(outside.read(`${directory}/target`), 'target');
				expect(outside.isSymlink(`${directory}/link`)).toBe(true);
			}),
		);

		it(
			'cannot offer a symlink to a file outside of the root',
			withOutside(async (outside, directory) => {
				outside.symlink(outside.secret('a secret'), `${directory}/link`);
				await refused(`${directory}/link`, directory);
				expectBytes(outside.read(`${directory}/link`), 'a secret');
			}),
		);

		it(
			'cannot have a file made through a dangling symlink',
			withOutside(async (outside, directory) => {
				outside.symlink('missing', `${directory}/link`);
				await refused(`${directory}/link`, directory);
				expect(outside.exists(`${directory}/missing`)).toBe(false);
			}),
		);

		it(
			'cannot lead anybody through a symlink to a directory',
			withOutside(async (outside, directory) => {
				outside.makeDirectory(`${directory}/real`);
				outside.write(`${directory}/real/file`, 'real');
				outside.symlink('real', `${directory}/link`);
				await refused(`${directory}/link/file`, directory);
				await expectCode(scene.calls.list(`${directory}/link/`), 'InvalidPath');
				await expectCode(scene.calls.delete(`${directory}/link/file`), 'InvalidPath');
				await expectCode(scene.calls.removeAll(`${directory}/link/file`), 'InvalidPath');
				expect(outside.names(`${directory}/real`)).toEqual(['file']);
				expectBytes(outside.read(`${directory}/real/file`), 'real');
			}),
		);

		it(
			'cannot lead a recursive listing or removal through a symlink',
			withOutside(async (outside, directory) => {
				outside.makeDirectory(`${directory}/real`);
				outside.write(`${directory}/real/file`, 'real');
				outside.makeDirectory(`${directory}/tree`);
				outside.symlink('../real', `${directory}/tree/link`);
				const paths = pathsOf(await scene.calls.list(`${directory}/tree/`, { recursive: true }));
				expect(paths.filter((path) => path.includes('file'))).toEqual([]);
				await scene.calls.removeAll(`${directory}/tree/`);
				expect(outside.exists(`${directory}/tree/link`)).toBe(false);
				expectBytes(outside.read(`${directory}/real/file`), 'real');
			}),
		);

		it(
			'cannot block anybody with a FIFO: every method says InvalidPath at once',
			withOutside(async (outside, directory) => {
				outside.fifo(`${directory}/fifo`);
				await refused(`${directory}/fifo`, directory);
			}),
		);

		it(
			'find nothing but what was written: the operator keeps no files of its own in the root',
			withOutside(async (outside, directory) => {
				await scene.calls.write(`${directory}/plain`, 'replaced');
				await scene.calls.copy(`${directory}/plain`, `${directory}/copy`);
				await scene.calls.write(`${directory}/plain`, ' and more', { append: true });
				expect(outside.names(directory).sort()).toEqual(['copy', 'plain']);
				const strange = outside.names('').filter((name) => !/^case\d+$/.test(name));
				expect(strange).toEqual([]);
			}),
		);
	});
}
