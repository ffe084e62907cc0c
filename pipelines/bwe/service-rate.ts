/**
 * The bottleneck's rate while it had something to send, from when packets were sent and when they arrived.
 *
 * A packet that was at the bottleneck before the one ahead of it had left waited for that one only: the time between the two arrivals is
 * then its service (Lindley's recursion of 1952, solved for the service time; packet dispersion, Dovrolis et al., 2001). Gaps during which
 * the queue was empty say nothing about the link, so that a sender that sends in bursts, or less than it may, still learns the whole rate.
 *
 * What will surprise you: lost packets count as nothing, and so do those that came out of order. A packet that found an empty queue and yet waited long waited for the link
 * itself (a radio link between two grants), and this wait counts.
 */

/** A wait beyond this with an empty queue ahead is the link's own. */
const OWN_WAIT_US = 3_000;

export interface Arrival {
  readonly bytes: number;
  readonly sentUs: number;
  /** On the receiver's clock. */
  readonly receivedUs: number;
}

interface Service {
  readonly atUs: number;
  readonly serviceUs: number;
  readonly bytes: number;
}

export interface ServiceRate {
  readonly bps: number;
  /** Behind the figure, and how many packets. */
  readonly busyUs: number;
  readonly packets: number;
}

/** How a batch of arrivals met the queue. */
export interface BatchLoad {
  readonly bytes: number;
  /** Of those that found something ahead of them. */
  readonly queuedBytes: number;
  readonly packets: number;
  /** From the last arrival of the batch before to the last of this one; 0 for the first batch. */
  readonly spanUs: number;
  /** Of it, while the bottleneck had something to send. */
  readonly busyUs: number;
}

const MAX_SERVICES = 2048;

export class ServiceMeter {
  #services: Service[] = [];
  #lastArrivalUs: number | null = null;

  /**
   * @param arrivals in order; times on the receiver's clock
   * @param baseForwardUs `PathDelay.baseForwardUs`
   * @param slackUs by how much a packet must have been early to count as one that waited: the link's jitter
   */
  onBatch(arrivals: readonly Arrival[], baseForwardUs: number, slackUs: number): BatchLoad {
    let [queuedBytes, bytes, busyUs] = [0, 0, 0];
    const startUs = this.#lastArrivalUs;
    for (const arrival of arrivals) {
      const beforeUs = this.#lastArrivalUs;
      bytes += arrival.bytes;
      // Overtaken on the way: when it left the bottleneck cannot be seen any more.
      if (beforeUs !== null && arrival.receivedUs < beforeUs) continue;
      this.#lastArrivalUs = arrival.receivedUs;
      const earliestUs = arrival.sentUs + baseForwardUs;
      const waitedUs = arrival.receivedUs - earliestUs;
      if (beforeUs !== null && earliestUs + slackUs < beforeUs + 1) {
        queuedBytes += arrival.bytes;
        busyUs += arrival.receivedUs - beforeUs;
        this.#add(arrival.receivedUs, arrival.receivedUs - beforeUs, arrival.bytes);
      } else if (waitedUs > OWN_WAIT_US) {
        busyUs += waitedUs;
        this.#add(arrival.receivedUs, waitedUs, arrival.bytes);
        if (waitedUs > slackUs + OWN_WAIT_US) queuedBytes += arrival.bytes;
      }
    }
    const spanUs = startUs === null ? 0 : (this.#lastArrivalUs ?? startUs) - startUs;
    return { bytes, queuedBytes, packets: arrivals.length, spanUs, busyUs: Math.min(spanUs, busyUs) };
  }

  /**
   * @param windowUs of the latest arrivals' time; a wait that began before it counts for what lies in it
   * @param minPackets goes back further for as many, up to a second
   * @returns null where nothing waited
   */
  rate(windowUs: number, minPackets: number, longestUs = Infinity): ServiceRate | null {
    const newestUs = this.#lastArrivalUs ?? 0;
    let [bytes, busyUs, packets] = [0, 0, 0];
    for (let i = this.#services.length - 1; i >= 0; i--) {
      const service = this.#services[i];
      if (service === undefined) break;
      const ageUs = newestUs - service.atUs;
      if ((ageUs >= windowUs && packets >= minPackets) || ageUs > 1_000_000) break;
      const inWindowUs =
        packets >= minPackets ? Math.min(service.serviceUs, windowUs - ageUs) : service.serviceUs;
      const within = Math.min(longestUs, inWindowUs);
      bytes += (service.bytes * inWindowUs) / Math.max(1, service.serviceUs);
      if (service.serviceUs === 0) bytes += service.bytes;
      busyUs += within;
      packets += 1;
    }
    return busyUs === 0 ? null : { bps: (bytes * 8e6) / busyUs, busyUs, packets };
  }

  #add(atUs: number, serviceUs: number, bytes: number): void {
    this.#services.push({ atUs, serviceUs, bytes });
    if (this.#services.length > MAX_SERVICES) this.#services = this.#services.slice(MAX_SERVICES / 2);
  }
}
