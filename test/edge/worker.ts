import { Operator } from 'holdfast';
import module from './engine.wasm';
import { probeTrap } from './probe.js';
import { runSuite } from './suite.js';

// The behaviour suite in workerd: a request runs it and gets the report. Over the fault build `/probe` tells what a trap does.
export default {
	async fetch(request: Request): Promise<Response> {
		const { pathname, searchParams } = new URL(request.url);
		if (pathname === '/probe') return Response.json(await probeTrap(new Operator('memory', { module })));
		const only = searchParams.get('only') ?? undefined;
		return Response.json(await runSuite(module, only));
	},
};
