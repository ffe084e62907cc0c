// The calls of libsrtp 3 that mediasoup's worker makes, on libsrtp 2, which is what Debian and Ubuntu package.
//
// What differs between the two, and is bridged here: a policy is an opaque object filled by calls (2: a struct); protect
// and unprotect take an input and an output buffer (2: in place); lengths are size_t (2: int). The functions are C++
// overloads of libsrtp 2's own, told apart by their parameters, so that nothing of libsrtp 2 is hidden or replaced.
#pragma once

#include <srtp2/srtp.h>

#include <climits>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>

namespace commucat_srtp
{
	/** What libsrtp 3 keeps behind its policy handle: one policy, one master key, no master key identifier. */
	struct Policy
	{
		::srtp_policy_t v2{};
		unsigned char keyAndSalt[SRTP_MAX_KEY_LEN]{};

		Policy()                         = default;
		Policy(const Policy&)            = delete;
		Policy& operator=(const Policy&) = delete;

		~Policy()
		{
			// A plain memset before the end of an object's life may be removed by the compiler.
			volatile unsigned char* byte = this->keyAndSalt;

			for (size_t i = 0; i < sizeof(this->keyAndSalt); ++i)
			{
				byte[i] = 0;
			}
		}
	};

	using TransformV2 = srtp_err_status_t (*)(srtp_t, void*, int*);

	/**
	 * Runs one of libsrtp 2's in-place transforms from `in` to `out`, which may be the same buffer.
	 * @param outLen   in: octets that `out` can hold; out: octets written.
	 * @param growth   octets that the transform may add.
	 */
	inline srtp_err_status_t Transform(
	  TransformV2 transform,
	  srtp_t session,
	  const uint8_t* in,
	  size_t inLen,
	  uint8_t* out,
	  size_t* outLen,
	  size_t growth)
	{
		if (inLen > static_cast<size_t>(INT_MAX) - growth)
		{
			return srtp_err_status_bad_param;
		}

		if (*outLen < inLen + growth)
		{
			return static_cast<srtp_err_status_t>(28); // libsrtp 3's buffer_small.
		}

		if (in != out)
		{
			std::memmove(out, in, inLen);
		}

		int len                        = static_cast<int>(inLen);
		const srtp_err_status_t status = transform(session, out, std::addressof(len));

		if (status == srtp_err_status_ok)
		{
			*outLen = static_cast<size_t>(len);
		}

		return status;
	}
} // namespace commucat_srtp

inline srtp_err_status_t srtp_policy_create(commucat_srtp::Policy** policy)
{
	*policy = new (std::nothrow) commucat_srtp::Policy();

	return *policy ? srtp_err_status_ok : srtp_err_status_alloc_fail;
}

inline void srtp_policy_destroy(commucat_srtp::Policy* policy)
{
	delete policy;
}

inline srtp_err_status_t srtp_policy_set_ssrc(commucat_srtp::Policy* policy, srtp_ssrc_t ssrc)
{
	policy->v2.ssrc = ssrc;

	return srtp_err_status_ok;
}

inline srtp_err_status_t srtp_policy_set_profile(commucat_srtp::Policy* policy, srtp_profile_t profile)
{
	const srtp_err_status_t status =
	  srtp_crypto_policy_set_from_profile_for_rtp(std::addressof(policy->v2.rtp), profile);

	if (status != srtp_err_status_ok)
	{
		return status;
	}

	return srtp_crypto_policy_set_from_profile_for_rtcp(std::addressof(policy->v2.rtcp), profile);
}

inline srtp_err_status_t srtp_policy_add_key(
  commucat_srtp::Policy* policy,
  const uint8_t* key,
  size_t keyLen,
  const uint8_t* salt,
  size_t saltLen,
  const uint8_t* /*mki*/,
  size_t mkiLen)
{
	if (mkiLen != 0 || keyLen + saltLen > sizeof(policy->keyAndSalt))
	{
		return srtp_err_status_bad_param;
	}

	std::memcpy(policy->keyAndSalt, key, keyLen);
	std::memcpy(policy->keyAndSalt + keyLen, salt, saltLen);
	policy->v2.key = policy->keyAndSalt;

	return srtp_err_status_ok;
}

inline srtp_err_status_t srtp_policy_set_allow_repeat_tx(commucat_srtp::Policy* policy, bool allow)
{
	policy->v2.allow_repeat_tx = allow ? 1 : 0;

	return srtp_err_status_ok;
}

inline srtp_err_status_t srtp_policy_set_window_size(commucat_srtp::Policy* policy, size_t packets)
{
	policy->v2.window_size = static_cast<unsigned long>(packets);

	return srtp_err_status_ok;
}

/** libsrtp 2 copies the key while it creates the session, so the policy may be destroyed right after. */
inline srtp_err_status_t srtp_create(srtp_t* session, commucat_srtp::Policy* policy)
{
	return srtp_create(session, static_cast<const ::srtp_policy_t*>(std::addressof(policy->v2)));
}

/** @param ssrc   in network byte order, as in libsrtp 2. */
inline srtp_err_status_t srtp_stream_remove(srtp_t session, uint32_t ssrc)
{
	return srtp_remove_stream(session, ssrc);
}

inline srtp_err_status_t srtp_protect(
  srtp_t session, const uint8_t* rtp, size_t rtpLen, uint8_t* srtp, size_t* srtpLen, size_t /*mkiIndex*/)
{
	return commucat_srtp::Transform(srtp_protect, session, rtp, rtpLen, srtp, srtpLen, SRTP_MAX_TRAILER_LEN);
}

inline srtp_err_status_t srtp_unprotect(
  srtp_t session, const uint8_t* srtp, size_t srtpLen, uint8_t* rtp, size_t* rtpLen)
{
	return commucat_srtp::Transform(srtp_unprotect, session, srtp, srtpLen, rtp, rtpLen, 0);
}

inline srtp_err_status_t srtp_protect_rtcp(
  srtp_t session, const uint8_t* rtcp, size_t rtcpLen, uint8_t* srtcp, size_t* srtcpLen, size_t /*mkiIndex*/)
{
	// SRTCP adds four octets of its own: the E flag and index (RFC 3711, section 3.4).
	return commucat_srtp::Transform(
	  srtp_protect_rtcp, session, rtcp, rtcpLen, srtcp, srtcpLen, SRTP_MAX_TRAILER_LEN + sizeof(uint32_t));
}

inline srtp_err_status_t srtp_unprotect_rtcp(
  srtp_t session, const uint8_t* srtcp, size_t srtcpLen, uint8_t* rtcp, size_t* rtcpLen)
{
	return commucat_srtp::Transform(srtp_unprotect_rtcp, session, srtcp, srtcpLen, rtcp, rtcpLen, 0);
}

// Last, because the lines above mean libsrtp 2's struct of that name.
#define srtp_policy_t commucat_srtp::Policy*
// Codes that only libsrtp 3 has; the worker names them in its table of messages.
#define srtp_err_status_buffer_small static_cast<srtp_err_status_t>(28)
#define srtp_err_status_cryptex_err static_cast<srtp_err_status_t>(29)
