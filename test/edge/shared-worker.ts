import { Operator } from 'holdfast/edge';
import module from './engine.wasm';

// One operator for all requests, made where the program begins: there, workerd has neither timers nor random numbers.
const op = new Operator('memory', { module });

export default {
	async fetch(request: Request): Promise<Response> {
		const { pathname } = new URL(request.url);
		// Waits for nothing of what it begins: its timers end with it.
		if (pathname === '/hasty') {
			const calls = Array.from({ length: 300 }, (_, index) => chain(index));
			calls.push(op.pool.dispatch('sleep', 5));
			for (const call of calls) call.catch(() => undefined);
			return new Response('"gone"');
		}
		await op.write('file', pathname);
		const text = await op.readText('file');
		await op.pool.dispatch('sleep', 5);
		return Response.json(text);
	},
};

async function chain(index: number): Promise<void> {
	for (let count = 0; count < 5; count++) await op.write(`many/${index % 50}`, String(count));
}
