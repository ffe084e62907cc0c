/** CPU for each picture of whole commands that take turns: the difference of two lengths, so that start-up falls out. */
import { cpuSeconds } from './cpuTime.ts';

/** @param pictures how many the command is to encode */
export type Lengths = (pictures: number) => readonly string[];

/**
 * @param long pictures of the long run
 * @param afterEach told of each value: which contender, ms for each picture, and the round, from 0
 * @param short pictures of the short run
 * @returns for each contender one value a round, in ms
 */
export async function fitCpuMs(
  contenders: readonly Lengths[],
  long: number,
  rounds: number,
  afterEach: (contender: number, cpuMs: number, round: number) => void,
  short = Math.ceil(long / 3),
): Promise<readonly (readonly number[])[]> {
  const samples = contenders.map((): number[] => []);
  for (let round = 0; round < rounds; round += 1) {
    const order = contenders.map((command, at) => ({ command, at }));
    // The order turns round each time: whoever runs first on a warm or cold machine is not always the same.
    if (round % 2 === 1) order.reverse();
    for (const { command, at } of order) {
      const [shortS, longS] = [await cpuSeconds(command(short)), await cpuSeconds(command(long))];
      const cpuMs = ((longS - shortS) * 1000) / (long - short);
      samples[at]?.push(cpuMs);
      afterEach(at, cpuMs, round);
    }
  }
  return samples;
}
