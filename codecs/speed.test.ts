import { describe, expect, it } from 'vitest';
import { createCodecEngine } from './engine.ts';
import { measureSpeeds } from './speed.ts';

describe('speeds', () => {
  it('are measured for every codec that can be used, and leave nothing open', async () => {
    const engine = createCodecEngine({ threads: 1 });
    try {
      const speeds = await measureSpeeds(engine);
      expect(speeds.map(({ info }) => info)).toEqual(engine.implementations());
      for (const { info, framesPerSecond } of speeds) {
        if (info.missing !== null) expect(framesPerSecond).toBeNull();
      }
      const libvpx = speeds.filter(({ info }) => info.name === 'libvpx-vp8');
      expect(libvpx).toHaveLength(2);
      for (const { framesPerSecond } of libvpx) expect(framesPerSecond).toBeGreaterThan(1);
      expect(Object.values(engine.liveObjects())).toEqual([0, 0, 0, 0, 0]);
    } finally {
      await engine.close();
    }
  });
});
