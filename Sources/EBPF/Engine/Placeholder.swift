import Maps
