//! How ids and times are stored: CBOR bytes and integers (RFC 8949).

use minicbor::bytes::ByteArray;
use minicbor::decode::{Decode, Decoder, Error as DecodeError};
use minicbor::encode::{Encode, Encoder, Error as EncodeError, Write};

use crate::id::ID_BYTES;
use crate::{Id, Timestamp};

impl<C, T> Encode<C> for Id<T> {
    fn encode<W: Write>(&self, to: &mut Encoder<W>, _: &mut C) -> Result<(), EncodeError<W::Error>> {
        to.bytes(&self.to_bytes())?;
        Ok(())
    }
}

impl<'b, C, T> Decode<'b, C> for Id<T> {
    fn decode(from: &mut Decoder<'b>, context: &mut C) -> Result<Self, DecodeError> {
        let bytes = ByteArray::<ID_BYTES>::decode(from, context)?;
        Ok(Self::from_bytes(bytes.into()))
    }
}

impl<C> Encode<C> for Timestamp {
    fn encode<W: Write>(&self, to: &mut Encoder<W>, _: &mut C) -> Result<(), EncodeError<W::Error>> {
        to.i64(self.ms())?;
        Ok(())
    }
}

impl<'b, C> Decode<'b, C> for Timestamp {
    fn decode(from: &mut Decoder<'b>, _: &mut C) -> Result<Self, DecodeError> {
        Ok(Self::from_ms(from.i64()?))
    }
}
