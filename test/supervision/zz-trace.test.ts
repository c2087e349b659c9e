import { it } from 'vitest';
import { Scenario } from '/work/wt3/test/supervision/simulator/scenario.ts';
import { Disk } from '/work/wt3/test/supervision/simulator/disk.ts';
import { Pool } from '#host/pool/pool';
it('x', async () => {
	const P = Pool.prototype as any;
	for (const name of ['onTrap','onLost','sweep','onAbandoned','onThreadEnded','onBegun','close','onAbandonedExit','onOpened','onClosed','discard','refuse']) {
		const f = P[name];
		P[name] = function (...a: any[]) { console.log(this.clock.nowMs().toFixed(3), name, a.map((x) => x?.name ?? (x?.message ?? (x?.incarnation ? JSON.stringify(x).replaceAll(/\.holdfast-[^"]*-/g,'T-') : Array.isArray(x)? x.map((l)=>`${l.call.request.op} ${l.call.request.path} ph${l.phase} un${l.isUntaken} settled${l.call.settled}`).join('; '): typeof x)))); return f.apply(this, a); };
	}
	const D = Disk.prototype as any;
	for (const name of ['create','unlink','rename','close','openPath','openOrCreate']) {
		const f = D[name];
		D[name] = function (...a: any[]) { const r = f.apply(this, a); console.log('   disk', name, ...a.map((x)=>String(x).replace(/\.holdfast-.*-/,'T-')), '->', r); return r; };
	}
	await new Scenario(Number(process.env.HOLDFAST_SEED)).run();
}, 60000);
