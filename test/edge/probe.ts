import type { Operator } from 'holdfast';
import { FAULT_KIND_UNREACHABLE } from '#assembly/layout';
import type { Findings } from '../runtimes/runtimes.js';

/** Whether an operator over the fault build goes on after a trap, with its content. Closes it. */
export async function probeTrap(op: Operator): Promise<Pick<Findings, 'trapsReplaced'>> {
	await op.write('kept', 'content');
	const code = await op.pool.dispatch('fault', FAULT_KIND_UNREACHABLE).then(
		() => '',
		(error: { code: string }) => error.code,
	);
	const content = await op.readText('kept');
	await op.close();
	return { trapsReplaced: code === 'EngineTrapped' && content === 'content' };
}
