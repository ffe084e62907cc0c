// The part of ankerl::unordered_dense that mediasoup's worker uses, on Abseil's flat hash tables, which Debian packages.
//
// Differences from the original that do not matter to the worker: the order of iteration is unspecified (the original
// keeps the order of insertion until the first erase), and references do not survive a rehash (nor do they there).
#pragma once

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>
#include <absl/hash/hash.h>

namespace ankerl::unordered_dense
{
	template<typename T>
	using hash = absl::Hash<T>;

	// Abseil's erase(iterator) returns nothing. The worker erases while it iterates, and expects the next iterator.
	template<typename Table>
	class WithNextAfterErase : public Table
	{
	public:
		using Table::Table;
		using Table::erase;

		typename Table::iterator erase(typename Table::iterator position)
		{
			auto next = position;
			++next;
			Table::erase(position);

			return next;
		}

		typename Table::iterator erase(typename Table::const_iterator position)
		{
			// Abseil has no conversion from const_iterator to iterator but through the key.
			auto found = this->find(KeyOf(*position));

			return this->erase(found);
		}

	private:
		static const typename Table::key_type& KeyOf(const typename Table::value_type& value)
		{
			if constexpr (std::is_same_v<typename Table::key_type, typename Table::value_type>)
			{
				return value;
			}
			else
			{
				return value.first;
			}
		}
	};

	template<typename Key, typename Value, typename Hash = hash<Key>, typename Equal = std::equal_to<Key>>
	using map = WithNextAfterErase<absl::flat_hash_map<Key, Value, Hash, Equal>>;

	template<typename Key, typename Hash = hash<Key>, typename Equal = std::equal_to<Key>>
	using set = WithNextAfterErase<absl::flat_hash_set<Key, Hash, Equal>>;
} // namespace ankerl::unordered_dense
