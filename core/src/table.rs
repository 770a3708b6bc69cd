//! Items under keys that are never used again, found without hashing.

use crate::error::Kind;

/// A key contains the place of its item, and a number that makes it unique. 0 is never a key.
pub(crate) struct Table<T> {
    places: Vec<Option<(u64, T)>>,
    free: Vec<u32>,
    last: u64,
}

/// How many bits of a key are the place.
const PLACE_BITS: u32 = 24;

impl<T> Table<T> {
    /// The most items that there can be.
    pub(crate) const MOST: usize = 1 << PLACE_BITS;

    pub(crate) fn len(&self) -> usize {
        self.places.len() - self.free.len()
    }

    /// How many places there are to look at.
    pub(crate) fn places(&self) -> usize {
        self.places.len()
    }

    /// The item at a place.
    pub(crate) fn at(&self, place: usize) -> Option<&T> {
        self.places.get(place)?.as_ref().map(|(_, item)| item)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, &T)> {
        self.places.iter().flatten().map(|(key, item)| (*key, item))
    }

    /// The place in a key.
    pub(crate) fn place(key: u64) -> usize {
        usize::try_from(key & (Self::MOST as u64 - 1)).unwrap_or_default()
    }

    #[inline]
    pub(crate) fn get(&self, key: u64) -> Option<&T> {
        let (own, item) = self.places.get(Self::place(key))?.as_ref()?;
        (*own == key).then_some(item)
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, key: u64) -> Option<&mut T> {
        let (own, item) = self.places.get_mut(Self::place(key))?.as_mut()?;
        (*own == key).then_some(item)
    }

    /// The key of the next item, for which there is then room.
    pub(crate) fn next_key(&mut self) -> Result<u64, Kind> {
        let place = match self.free.last() {
            Some(place) => *place,
            None => {
                let place = u32::try_from(self.places.len()).unwrap_or(u32::MAX);
                if self.places.len() >= Self::MOST {
                    return Err(Kind::OutOfMemory);
                }
                // All places may become free.
                let places = self.places.len() + 1;
                self.places.try_reserve(1).map_err(|_| Kind::OutOfMemory)?;
                self.free.try_reserve(places).map_err(|_| Kind::OutOfMemory)?;
                self.places.push(None);
                self.free.push(place);
                place
            }
        };
        self.last = (self.last + 1) & (u64::MAX >> PLACE_BITS);
        self.last = self.last.max(1);
        Ok(self.last << PLACE_BITS | u64::from(place))
    }

    /// Adds an item under the key that was returned last.
    pub(crate) fn add(&mut self, key: u64, item: T) {
        if let Some(place @ None) = self.places.get_mut(Self::place(key)) {
            *place = Some((key, item));
            self.free.pop();
        }
    }

    pub(crate) fn remove(&mut self, key: u64) -> Option<T> {
        self.get(key)?;
        let place = Self::place(key);
        let removed = self.places.get_mut(place)?.take();
        self.free.extend(u32::try_from(place));
        removed.map(|(_, item)| item)
    }
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self {
            places: Vec::new(),
            free: Vec::new(),
            last: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_may_be_longer_than_an_address() {
        assert_eq!(Table::<char>::place(u64::MAX - 1), Table::<char>::MOST - 2);
    }

    #[test]
    fn a_key_finds_its_item_and_no_other_that_got_its_place() {
        let mut table = Table::default();
        let first = table.next_key().unwrap();
        table.add(first, 'a');
        let second = table.next_key().unwrap();
        table.add(second, 'b');
        assert_eq!(
            (table.get(first), table.get(second), table.len()),
            (Some(&'a'), Some(&'b'), 2)
        );
        assert_eq!(table.remove(first), Some('a'));
        assert_eq!(table.remove(first), None);
        let third = table.next_key().unwrap();
        table.add(third, 'c');
        assert_eq!(Table::<char>::place(third), Table::<char>::place(first));
        assert_eq!(
            (table.get(first).copied(), table.get_mut(third).copied()),
            (None, Some('c'))
        );
        assert_eq!(table.iter().map(|(_, item)| *item).collect::<String>(), "cb");
        assert_eq!((table.places(), table.len(), table.at(1)), (2, 2, Some(&'b')));
        assert!(table.get(0).is_none() && table.get(u64::MAX).is_none());
    }
}
